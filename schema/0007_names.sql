-- Names in the order of their alphabets, as Unicode has it (UCA, no language's own rules): by code points Є, І, Ї and Ґ stood
-- behind Я, and Ä behind Z. The column goes on to be searched byte by byte (lib/data/user.c, lib/data/chat.c); it tells nobody
-- apart. And several blanks in a name are one, as they are in what is searched (fold_name in lib/core/fold.c).
ALTER TABLE user MODIFY name_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_nopad_ci NULL
  COMMENT 'folded name and username: order and search of the directory';
ALTER TABLE chat MODIFY name_key VARCHAR(700) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_nopad_ci NULL
  COMMENT 'folded name: order and search of the rooms';
UPDATE user SET name_key = TRIM(REGEXP_REPLACE(name_key, ' +', ' ')) WHERE name_key LIKE '%  %';
UPDATE chat SET name_key = TRIM(REGEXP_REPLACE(name_key, ' +', ' ')) WHERE name_key LIKE '%  %';
