-- The tables of tests/bench/dbceil.c: a plain chat, and a million messages to read from.
CREATE DATABASE IF NOT EXISTS ceil;
CREATE OR REPLACE TABLE ceil.messages (
  id         BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
  chat_id    INT UNSIGNED NOT NULL,
  sender_id  INT UNSIGNED NOT NULL,
  content    TEXT NOT NULL,
  created_at TIMESTAMP(3) DEFAULT CURRENT_TIMESTAMP(3),
  KEY of_chat (chat_id, id)
) ENGINE=InnoDB;
CREATE OR REPLACE TABLE ceil.messages1m LIKE ceil.messages;
CREATE OR REPLACE TABLE ceil.chats (
  id       INT UNSIGNED PRIMARY KEY,
  last_seq BIGINT NOT NULL DEFAULT 0
) ENGINE=InnoDB;
CREATE OR REPLACE TABLE ceil.chat_members (
  chat_id   INT UNSIGNED,
  user_id   INT UNSIGNED,
  last_read BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (chat_id, user_id)
) ENGINE=InnoDB;
INSERT INTO ceil.chats (id) SELECT seq FROM seq_1_to_1000;
INSERT INTO ceil.chat_members (chat_id, user_id) SELECT seq, seq FROM seq_1_to_1000;
INSERT INTO ceil.messages1m (chat_id, sender_id, content)
  SELECT 1 + seq % 100, 1 + seq % 8000, RPAD(CONCAT('history message ', seq, ' '), 80, 'lorem ipsum ') FROM seq_1_to_1000000;
