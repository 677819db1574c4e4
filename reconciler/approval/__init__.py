"""Approvals: what people sign, what a policy asks of them, and which history of both is believed.

    statement   what a yes is about, in canonical form
    record      a statement with who says what of it and when: the bytes that are signed
    seats       whether enough different people of the right roles said yes
    judge       policy, statement, records and the time -> approved, or what is missing, in words
    decided     what was ever approved, for the board's table
    line        the trusted line of history, walked commit by commit
    documents   statements about documents: policy, site, catalog, processing, build, deploy
    sighting    who vouches for a snapshot of a site
    effects     statements about edits that science would see: adopt, recertify, reorder, retract

Pure but for its callers: signatures are verified, and history is read, through `ports.Trust`.
"""
