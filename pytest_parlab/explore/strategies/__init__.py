"""Who goes on: search strategies, one a file, behind one protocol.

A strategy begins and ends each schedule in the process that conducts the search. In between, `choose` runs in
whichever process holds the token, so all that it needs lies in words that all processes share.
"""
