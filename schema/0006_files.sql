-- Files: what was uploaded, by whom, and in which messages it stands.
--
-- `content` is what lies on the disk, once for equal bytes, under names that nobody can guess and that are never used
-- again; `file` is an upload of it. A row is written after its bytes are on the disk, and goes before they do: what lies
-- there without a row is a leftover, and nothing else (lib/data/leftover.c).
CREATE TABLE IF NOT EXISTS content (
  id          BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  hash        BINARY(32)      NOT NULL COMMENT 'SHA-256 of the bytes as they are served',
  place       VARCHAR(32)     NOT NULL COMMENT 'name in the directory of files',
  size        BIGINT UNSIGNED NOT NULL,
  mime        VARCHAR(100)    NOT NULL,
  width       INT UNSIGNED    NULL,
  height      INT UNSIGNED    NULL,
  thumb_place VARCHAR(32)     NULL,
  thumb_size  BIGINT UNSIGNED NULL,
  placeholder VARCHAR(1000)   NULL COMMENT 'a blurred picture of a few pixels, as data: address',
  PRIMARY KEY (id),
  UNIQUE KEY hash (hash, mime),
  UNIQUE KEY place (place),
  UNIQUE KEY thumb_place (thumb_place)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS file (
  id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  owner_id   BIGINT UNSIGNED NOT NULL,
  content_id BIGINT UNSIGNED NOT NULL,
  name       VARCHAR(255)    NOT NULL,
  created_at DATETIME(3)     NOT NULL,
  PRIMARY KEY (id),
  KEY of_content (content_id),
  CONSTRAINT file_content FOREIGN KEY (content_id) REFERENCES content (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- What somebody's files take; the row is the lock under which it grows.
CREATE TABLE IF NOT EXISTS quota (
  user_id BIGINT UNSIGNED NOT NULL,
  used    BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS message_file (
  chat_id  BIGINT UNSIGNED  NOT NULL,
  seq      BIGINT UNSIGNED  NOT NULL,
  position TINYINT UNSIGNED NOT NULL,
  file_id  BIGINT UNSIGNED  NOT NULL,
  PRIMARY KEY (chat_id, seq, position),
  KEY of_file (file_id, chat_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Content whose last file may be gone: somebody who may touch the disk looks after it.
CREATE TABLE IF NOT EXISTS orphan (
  content_id BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (content_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- How many files a message has: most pages of history have none and ask nothing more.
ALTER TABLE message ADD COLUMN IF NOT EXISTS files INT UNSIGNED NOT NULL DEFAULT 0;

-- Which file a picture of a person or chat is, where its owner has set it: everybody may see that one.
ALTER TABLE user
  ADD COLUMN IF NOT EXISTS image_file BIGINT UNSIGNED NULL,
  ADD KEY IF NOT EXISTS image_file (image_file);
ALTER TABLE chat
  ADD COLUMN IF NOT EXISTS image_file BIGINT UNSIGNED NULL,
  ADD KEY IF NOT EXISTS image_file (image_file);
