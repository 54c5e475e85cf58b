-- The latest of one's chats without looking at all of them. A chat's members carry the hour of its latest activity: it
-- is written when the hour changes, not with each message, so the list looks at the chats of the newest hours only. A chat
-- of many members carries none (its hour is the last there is) and is always looked at: one is in few of those.
ALTER TABLE chat
  ADD COLUMN IF NOT EXISTS hour INT UNSIGNED AS (IF(member_count > 64, 4294967295, active DIV 3600000)) VIRTUAL;
ALTER TABLE member
  ADD COLUMN IF NOT EXISTS hour INT UNSIGNED NOT NULL DEFAULT 0,
  ADD KEY IF NOT EXISTS recent (user_id, hour, chat_id);
UPDATE member m JOIN chat c ON c.id = m.chat_id SET m.hour = c.hour WHERE m.hour <> c.hour;
