"""What a client's short text means, read by rules: English and Spanish, typos, emoji, no model.

``plain`` brings a text into one form, ``words`` holds what counts as which answer, ``stopping``
finds an opt-out in free words, ``lateness`` and ``calling_off`` what concerns a visit, ``reading``
puts it together. Nothing here looks at a database: which question was answered is decided in
approvals.
"""
