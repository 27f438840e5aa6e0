"""What a new table is offered: the losses that can learn its target, judged on the rows that train."""
