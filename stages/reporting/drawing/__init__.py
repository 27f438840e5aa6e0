"""How figures are drawn: functions that take arrays and axes, and what makes files of them."""
