-- Chats, who is in them, what was said, and the one log of changes.
--
-- A chat's row is the lock of everything in it: whoever changes members or messages of a chat locks it first, chats in
-- ascending order of id. The log's head is locked last, in the same transaction, and held until commit; so the log is
-- numbered in the order of commits and has no holes.

CREATE TABLE IF NOT EXISTS chat (
  id            BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  kind          ENUM('direct', 'group', 'lobby') NOT NULL,
  name          VARCHAR(100) NULL COMMENT 'a direct chat has none: it goes by the other person',
  name_key      VARCHAR(700) NULL COMMENT 'folded name: order and search of the rooms',
  image_path    VARCHAR(500) NULL,
  password_hash VARCHAR(384) NULL,
  protected     BOOLEAN         AS (password_hash IS NOT NULL) STORED,
  public        BOOLEAN         NOT NULL DEFAULT FALSE,
  member_count  INT UNSIGNED    NOT NULL DEFAULT 0,
  last_seq      BIGINT UNSIGNED NOT NULL DEFAULT 0,
  -- Who has read furthest, and how far the furthest of all others: enough to say whether anybody but its author has
  -- read a message.
  reader_id     BIGINT UNSIGNED NOT NULL DEFAULT 0,
  reader_seq    BIGINT UNSIGNED NOT NULL DEFAULT 0,
  others_seq    BIGINT UNSIGNED NOT NULL DEFAULT 0,
  active        BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'milliseconds since 1970: its latest message, or its making',
  created_at    DATETIME(3)  NOT NULL,
  updated_at    DATETIME(3)  NOT NULL,
  deleted_at    DATETIME(3)  NULL,
  PRIMARY KEY (id),
  KEY rooms (public, name_key, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS member (
  chat_id   BIGINT UNSIGNED NOT NULL,
  user_id   BIGINT UNSIGNED NOT NULL,
  role      ENUM('owner', 'admin', 'member') NOT NULL,
  joined_at DATETIME(3)     NOT NULL,
  since     BIGINT UNSIGNED NOT NULL COMMENT 'log number from which on they see the chat',
  read_seq  BIGINT UNSIGNED NOT NULL DEFAULT 0,
  PRIMARY KEY (chat_id, user_id),
  KEY of_user (user_id, chat_id, since),
  CONSTRAINT member_chat FOREIGN KEY (chat_id) REFERENCES chat (id),
  CONSTRAINT member_user FOREIGN KEY (user_id) REFERENCES user (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Who was in a chat and is no more: a cursor from before they left still leads up to their leaving.
CREATE TABLE IF NOT EXISTS former_member (
  user_id BIGINT UNSIGNED NOT NULL,
  until   BIGINT UNSIGNED NOT NULL COMMENT 'log number of the last thing they saw',
  chat_id BIGINT UNSIGNED NOT NULL,
  since   BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (user_id, until, chat_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- A page of history is one range of the primary key, however large the table. The id is the log number of the
-- message's first event.
CREATE TABLE IF NOT EXISTS message (
  chat_id    BIGINT UNSIGNED NOT NULL,
  seq        BIGINT UNSIGNED NOT NULL,
  id         BIGINT UNSIGNED NOT NULL,
  author_id  BIGINT UNSIGNED NOT NULL,
  reply_to   BIGINT UNSIGNED NULL,
  edit_id    BIGINT UNSIGNED NULL COMMENT 'log number of the latest edit',
  reactions  INT UNSIGNED    NOT NULL DEFAULT 0,
  created_at DATETIME(3)     NOT NULL,
  edited_at  DATETIME(3)     NULL,
  deleted_at DATETIME(3)     NULL,
  body       TEXT            NOT NULL,
  PRIMARY KEY (chat_id, seq)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Which message an author's client key made.
CREATE TABLE IF NOT EXISTS sent (
  author_id  BIGINT UNSIGNED NOT NULL,
  client_key VARCHAR(64)     NOT NULL,
  chat_id    BIGINT UNSIGNED NOT NULL,
  seq        BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (author_id, client_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE IF NOT EXISTS reaction (
  chat_id BIGINT UNSIGNED NOT NULL,
  seq     BIGINT UNSIGNED NOT NULL,
  emoji   VARCHAR(32)     NOT NULL,
  user_id BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (chat_id, seq, emoji, user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- epoch changes when the log does not go on where it was: after a restored backup. floor: what is at or below it has
-- been trimmed.
CREATE TABLE IF NOT EXISTS log_head (
  id    TINYINT UNSIGNED NOT NULL,
  epoch BIGINT UNSIGNED  NOT NULL,
  head  BIGINT UNSIGNED  NOT NULL,
  floor BIGINT UNSIGNED  NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

INSERT IGNORE INTO log_head (id, epoch, head, floor) VALUES (1, UNIX_TIMESTAMP(), 0, 0);

-- One row per change that somebody may need to hear of: of a chat to its members, of a person (user_id alone) to that
-- person or to those who share a chat with them. `data` is the event as JSON, without what the other columns say.
CREATE TABLE IF NOT EXISTS event (
  id      BIGINT UNSIGNED NOT NULL,
  type    VARCHAR(16)     NOT NULL,
  chat_id BIGINT UNSIGNED NULL,
  user_id BIGINT UNSIGNED NULL,
  at      DATETIME(3)     NOT NULL,
  data    MEDIUMTEXT      NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- The lobby: the room that everybody is in.
INSERT INTO chat (kind, name, name_key, created_at, updated_at)
  SELECT 'lobby', 'all', 'all', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3)
  FROM log_head WHERE id = 1 AND NOT EXISTS (SELECT 1 FROM chat WHERE kind = 'lobby');
