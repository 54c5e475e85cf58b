-- People, how they prove who they are, and where they are logged in.
--
-- Steps are applied once, in order, by `bellhop migrate`. MariaDB ends a transaction at each CREATE or ALTER, so a step
-- may be cut in the middle and is then run again: each statement must be harmless the second time.
--
-- Text that tells people apart is compared byte by byte (utf8mb4_nopad_bin) on a copy folded by lib/core/fold.c: the
-- default collations find that ß is s and that one emoji is another. Times are UTC.

-- What everybody may know of a person. A deleted person's row stays, emptied, so that old messages have an author.
CREATE TABLE IF NOT EXISTS user (
  id           BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  username     VARCHAR(64)  NULL,
  username_key VARCHAR(255) NULL,
  first_name   VARCHAR(100) NOT NULL,
  last_name    VARCHAR(100) NOT NULL,
  name_key     VARCHAR(700) NULL COMMENT 'folded name and username: order and search of the directory',
  image_path   VARCHAR(500) NULL,
  last_seen_at DATETIME(3)  NULL,
  created_at   DATETIME(3)  NOT NULL,
  deleted_at   DATETIME(3)  NULL,
  PRIMARY KEY (id),
  UNIQUE KEY username_key (username_key),
  KEY directory (name_key, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- What only they themselves see.
CREATE TABLE IF NOT EXISTS person (
  user_id        BIGINT UNSIGNED NOT NULL,
  email          VARCHAR(254) NOT NULL,
  email_key      VARCHAR(700) NOT NULL,
  email_verified BOOLEAN      NOT NULL DEFAULT FALSE,
  birthday       DATE         NULL,
  locale         VARCHAR(35)  NULL,
  PRIMARY KEY (user_id),
  UNIQUE KEY email_key (email_key),
  CONSTRAINT person_user FOREIGN KEY (user_id) REFERENCES user (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Password hashes, in the format of crypt(5). No program but `account` may read this table.
CREATE TABLE IF NOT EXISTS credential (
  user_id       BIGINT UNSIGNED NOT NULL,
  password_hash VARCHAR(384) NOT NULL,
  changed_at    DATETIME(3)  NOT NULL,
  PRIMARY KEY (user_id),
  CONSTRAINT credential_user FOREIGN KEY (user_id) REFERENCES user (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- One row per device that is logged in.
CREATE TABLE IF NOT EXISTS session (
  id           BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  user_id      BIGINT UNSIGNED NOT NULL,
  created_at   DATETIME(3)  NOT NULL,
  last_used_at DATETIME(3)  NOT NULL,
  expires_at   DATETIME(3)  NOT NULL,
  revoked_at   DATETIME(3)  NULL,
  user_agent   VARCHAR(255) NULL,
  address      VARCHAR(45)  NULL,
  PRIMARY KEY (id),
  KEY of_user (user_id, id),
  CONSTRAINT session_user FOREIGN KEY (user_id) REFERENCES user (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- The refresh tokens of a session, hashed: the one in use and those it has replaced. `salt` makes the successor of a
-- used one (lib/data/session.c). Only `account` may read this table.
CREATE TABLE IF NOT EXISTS refresh (
  hash       BINARY(32)      NOT NULL,
  session_id BIGINT UNSIGNED NOT NULL,
  created_at DATETIME(3)     NOT NULL,
  used_at    DATETIME(3)     NULL,
  salt       BINARY(32)      NULL,
  PRIMARY KEY (hash),
  KEY of_session (session_id, used_at),
  CONSTRAINT refresh_session FOREIGN KEY (session_id) REFERENCES session (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Counts sessions that ended early. Every program remembers the sessions it has looked up for as long as this stands still.
CREATE TABLE IF NOT EXISTS revocation (
  id TINYINT UNSIGNED NOT NULL,
  n  BIGINT UNSIGNED  NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

INSERT IGNORE INTO revocation (id, n) VALUES (1, 1);

-- The one direct chat of each pair that has one; the smaller id comes first.
CREATE TABLE IF NOT EXISTS direct_chat (
  low_user_id  BIGINT UNSIGNED NOT NULL,
  high_user_id BIGINT UNSIGNED NOT NULL,
  chat_id      BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (low_user_id, high_user_id),
  UNIQUE KEY of_chat (chat_id),
  KEY of_high (high_user_id, low_user_id),
  CONSTRAINT direct_low FOREIGN KEY (low_user_id) REFERENCES user (id),
  CONSTRAINT direct_high FOREIGN KEY (high_user_id) REFERENCES user (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
