-- Row 1 of `revocation` counts sessions that ended early, row 2 changes of people: `account` remembers the person it has
-- read for as long as that stands still.
INSERT IGNORE INTO revocation (id, n) VALUES (2, 1);
