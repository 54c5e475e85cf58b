-- What each program may do, and nothing else. {database} is the database, {NAME} the account of program NAME;
-- statements of programs that have no account of their own are left out. `bellhop migrate` applies this whenever it
-- has changed.

-- account: alone with password hashes and refresh tokens.
GRANT SELECT, INSERT, UPDATE ON {database}.user TO {account};
GRANT SELECT, INSERT, UPDATE, DELETE ON {database}.person TO {account};
GRANT SELECT, INSERT, UPDATE, DELETE ON {database}.credential TO {account};
GRANT SELECT, INSERT, UPDATE, DELETE ON {database}.session TO {account};
GRANT SELECT, INSERT, UPDATE, DELETE ON {database}.refresh TO {account};
GRANT SELECT, UPDATE ON {database}.revocation TO {account};
-- A new person comes into the lobby, a deleted one leaves their chats, and the log tells of it.
GRANT SELECT, UPDATE ON {database}.chat TO {account};
GRANT SELECT, INSERT, UPDATE, DELETE ON {database}.member TO {account};
GRANT SELECT (user_id), INSERT, DELETE ON {database}.former_member TO {account};
GRANT SELECT ON {database}.message TO {account};
GRANT SELECT ON {database}.reaction TO {account};
GRANT SELECT, UPDATE ON {database}.log_head TO {account};
GRANT INSERT ON {database}.event TO {account};
GRANT SELECT (id, owner_id, content_id, name) ON {database}.file TO {account};
GRANT SELECT ON {database}.content TO {account};
GRANT SELECT ON {database}.message_file TO {account};

-- users: the directory.
GRANT SELECT ON {database}.user TO {users};
GRANT SELECT ON {database}.direct_chat TO {users};
GRANT SELECT (id, user_id, expires_at, revoked_at) ON {database}.session TO {users};
GRANT SELECT ON {database}.revocation TO {users};

-- health: only whether the database answers.
GRANT SELECT ON {database}.revocation TO {health};

-- chats: chats and who is in them.
GRANT SELECT ON {database}.user TO {chats};
GRANT SELECT, INSERT, UPDATE ON {database}.chat TO {chats};
GRANT SELECT, INSERT, UPDATE, DELETE ON {database}.member TO {chats};
GRANT SELECT, INSERT ON {database}.former_member TO {chats};
GRANT SELECT, INSERT ON {database}.direct_chat TO {chats};
GRANT SELECT ON {database}.message TO {chats};
GRANT SELECT ON {database}.reaction TO {chats};
GRANT SELECT, UPDATE ON {database}.log_head TO {chats};
GRANT INSERT ON {database}.event TO {chats};
GRANT SELECT (id, owner_id, content_id, name) ON {database}.file TO {chats};
GRANT SELECT ON {database}.content TO {chats};
GRANT SELECT ON {database}.message_file TO {chats};
GRANT SELECT (id, user_id, expires_at, revoked_at) ON {database}.session TO {chats};
GRANT SELECT ON {database}.revocation TO {chats};

-- messages: what is said. Of chats it moves on what goes with a message, and no password of a room is seen.
GRANT SELECT ON {database}.user TO {messages};
GRANT SELECT (id, kind, public, protected, member_count, last_seq, reader_id, reader_seq, others_seq, active, hour, image_file,
    deleted_at),
  UPDATE (last_seq, reader_id, reader_seq, others_seq, active) ON {database}.chat TO {messages};
GRANT SELECT, UPDATE (read_seq, hour) ON {database}.member TO {messages};
GRANT SELECT, INSERT, UPDATE ON {database}.message TO {messages};
GRANT SELECT, INSERT ON {database}.sent TO {messages};
GRANT SELECT, INSERT, DELETE ON {database}.reaction TO {messages};
-- With a message go the files that stand in no other; their bytes are the business of `files`.
GRANT SELECT, INSERT, DELETE ON {database}.message_file TO {messages};
GRANT SELECT, DELETE ON {database}.file TO {messages};
GRANT SELECT ON {database}.content TO {messages};
GRANT SELECT, UPDATE ON {database}.quota TO {messages};
GRANT SELECT, INSERT ON {database}.orphan TO {messages};
GRANT SELECT, UPDATE ON {database}.log_head TO {messages};
GRANT SELECT (id, type, chat_id, seq, at), INSERT, UPDATE (data) ON {database}.event TO {messages};
GRANT SELECT (id, user_id, expires_at, revoked_at) ON {database}.session TO {messages};
GRANT SELECT ON {database}.revocation TO {messages};
-- Its upkeep: the index of search, and the old end of the log.
GRANT SELECT, INSERT, DELETE ON {database}.word TO {messages};
GRANT SELECT, UPDATE ON {database}.search_head TO {messages};
GRANT DELETE ON {database}.event TO {messages};
GRANT SELECT, DELETE ON {database}.former_member TO {messages};

-- files: uploads and who may read them. It sees who is in which chat, and no word of what is said there.
GRANT SELECT, INSERT, DELETE ON {database}.file TO {files};
GRANT SELECT, INSERT, DELETE ON {database}.content TO {files};
GRANT SELECT, INSERT, UPDATE ON {database}.quota TO {files};
GRANT SELECT, INSERT, DELETE ON {database}.orphan TO {files};
GRANT SELECT, DELETE ON {database}.message_file TO {files};
GRANT SELECT (chat_id, user_id) ON {database}.member TO {files};
GRANT SELECT (id, image_file, deleted_at) ON {database}.user TO {files};
GRANT SELECT (id, image_file, deleted_at) ON {database}.chat TO {files};
GRANT SELECT (id, user_id, expires_at, revoked_at) ON {database}.session TO {files};
GRANT SELECT ON {database}.revocation TO {files};

-- poll: reads the log, and who is in which chat; writes down when people were last here.
GRANT SELECT ON {database}.event TO {poll};
GRANT SELECT ON {database}.log_head TO {poll};
GRANT SELECT ON {database}.member TO {poll};
GRANT SELECT ON {database}.former_member TO {poll};
GRANT SELECT (id, user_id, expires_at, revoked_at) ON {database}.session TO {poll};
GRANT SELECT ON {database}.revocation TO {poll};
GRANT SELECT (id, kind) ON {database}.chat TO {poll};
GRANT SELECT (id, last_seen_at, deleted_at), UPDATE (last_seen_at) ON {database}.user TO {poll};

-- bridge: the same as poll. Messages are posted from it as from `messages`, but nothing that was said is changed; all
-- else that its sockets ask for, the programs above do.
GRANT SELECT (id, type, chat_id, user_id, at, data), INSERT ON {database}.event TO {bridge};
GRANT SELECT, UPDATE ON {database}.log_head TO {bridge};
GRANT SELECT, UPDATE (read_seq, hour) ON {database}.member TO {bridge};
GRANT SELECT ON {database}.former_member TO {bridge};
GRANT SELECT (id, user_id, expires_at, revoked_at) ON {database}.session TO {bridge};
GRANT SELECT ON {database}.revocation TO {bridge};
GRANT SELECT (id, kind, last_seq, reader_id, reader_seq, others_seq, active, hour, deleted_at),
  UPDATE (last_seq, reader_id, reader_seq, others_seq, active) ON {database}.chat TO {bridge};
GRANT SELECT, UPDATE (last_seen_at) ON {database}.user TO {bridge};
GRANT SELECT, INSERT ON {database}.message TO {bridge};
GRANT SELECT, INSERT ON {database}.sent TO {bridge};
GRANT SELECT ON {database}.reaction TO {bridge};
GRANT SELECT, INSERT ON {database}.message_file TO {bridge};
GRANT SELECT ON {database}.file TO {bridge};
GRANT SELECT ON {database}.content TO {bridge};
