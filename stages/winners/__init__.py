"""The file of a winner: how it is packed, and the code in it, which reads new rows and predicts them."""
