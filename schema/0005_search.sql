-- Full-text search, and what trimming the log needs.
--
-- Posting writes nothing here: words are taken from the log later, by whoever has a moment (lib/data/upkeep.c). A word of
-- a chat is one range of the primary key, its messages in their order. All columns belong to the key: only then does the
-- server dive from word to word where many begin alike, whatever was asked of the table before.
CREATE TABLE IF NOT EXISTS word (
  chat_id BIGINT UNSIGNED NOT NULL,
  word    VARBINARY(48)   NOT NULL COMMENT 'folded and cut by lib/core/words.c',
  id      BIGINT UNSIGNED NOT NULL COMMENT 'of the message',
  seq     BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (chat_id, word, id, seq)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Messages up to this log number have their words there, as they read now. The row is also the lock of whoever does upkeep.
CREATE TABLE IF NOT EXISTS search_head (
  id      TINYINT UNSIGNED NOT NULL,
  indexed BIGINT UNSIGNED  NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

INSERT IGNORE INTO search_head (id, indexed) SELECT 1, floor FROM log_head WHERE id = 1;

-- Which message an event of the type `message` tells of; computed when it is read.
ALTER TABLE event ADD COLUMN IF NOT EXISTS
  seq BIGINT UNSIGNED AS (IF(type = 'message', JSON_VALUE(CONCAT('{', data, '}'), '$.seq'), NULL)) VIRTUAL;

ALTER TABLE former_member ADD INDEX IF NOT EXISTS by_until (until);
