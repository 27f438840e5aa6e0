"""What two threads of one process must not do at once."""

import threading

# Where scikit-learn and Keras are imported and where source code is parsed: Keras is imported while scikit-learn seems
# not to be there; and in Python 3.11 and 3.12, before 3.11.8 and 3.12.2, two threads that parse disturb each other, as
# an import may do
IMPORTING = threading.RLock()
