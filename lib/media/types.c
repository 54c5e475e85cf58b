#include "media/types.h"

enum { MB = 1 << 20 };

#define OFFICE "application/vnd.openxmlformats-officedocument."
#define OPEN   "application/vnd.oasis.opendocument."

static const struct media all[] = {
	{ "jpeg", FAMILY_IMAGE, "image/jpeg", "image/jpeg" },
	{ "png", FAMILY_IMAGE, "image/png image/apng", "image/png" },
	{ "gif", FAMILY_IMAGE, "image/gif", "image/gif" },
	{ "webp", FAMILY_IMAGE, "image/webp", "image/webp" },
	{ "mp3", FAMILY_AUDIO, "audio/mpeg", "audio/mpeg" },
	{ "m4a", FAMILY_AUDIO, "audio/mp4 audio/x-m4a", "audio/mp4" },
	{ "aac", FAMILY_AUDIO, "audio/aac audio/x-hx-aac-adts audio/x-hx-aac-adif", "audio/aac" },
	{ "ogg", FAMILY_AUDIO, "audio/ogg audio/opus application/ogg", "audio/ogg" },
	{ "flac", FAMILY_AUDIO, "audio/flac audio/x-flac", "audio/flac" },
	{ "wav", FAMILY_AUDIO, "audio/wav audio/x-wav", "audio/wav" },
	{ "amr", FAMILY_AUDIO, "audio/amr audio/AMR", "audio/amr" },
	{ "mp4", FAMILY_VIDEO, "video/mp4 video/x-m4v", "video/mp4" },
	{ "webm", FAMILY_VIDEO, "video/webm", "video/webm" },
	{ "mov", FAMILY_VIDEO, "video/quicktime", "video/quicktime" },
	{ "3gp", FAMILY_VIDEO, "video/3gpp video/3gpp2", "video/3gpp" },
	{ "mkv", FAMILY_VIDEO, "video/x-matroska", "video/x-matroska" },
	{ "avi", FAMILY_VIDEO, "video/x-msvideo", "video/x-msvideo" },
	{ "ogg", FAMILY_VIDEO, "video/ogg", "video/ogg" },
	{ "mpeg", FAMILY_VIDEO, "video/mpeg video/mpeg4-generic", "video/mpeg" },
	{ "pdf", FAMILY_DOCUMENT, "application/pdf", "application/pdf" },
	{ "txt", FAMILY_DOCUMENT, "text/plain", "text/plain" },
	{ "csv", FAMILY_DOCUMENT, "text/csv application/csv", "text/csv" },
	{ "rtf", FAMILY_DOCUMENT, "text/rtf application/rtf", "application/rtf" },
	{ "json", FAMILY_DOCUMENT, "application/json", "application/json" },
	{ "zip", FAMILY_DOCUMENT, "application/zip", "application/zip" },
	{ "gz", FAMILY_DOCUMENT, "application/gzip", "application/gzip" },
	{ "7z", FAMILY_DOCUMENT, "application/x-7z-compressed", "application/x-7z-compressed" },
	{ "epub", FAMILY_DOCUMENT, "application/epub+zip", "application/epub+zip" },
	{ "doc", FAMILY_DOCUMENT, "application/msword", "application/msword" },
	{ "xls", FAMILY_DOCUMENT, "application/vnd.ms-excel", "application/vnd.ms-excel" },
	{ "ppt", FAMILY_DOCUMENT, "application/vnd.ms-powerpoint",
		"application/vnd.ms-powerpoint" },
	{ "docx", FAMILY_DOCUMENT, OFFICE "wordprocessingml.document",
		OFFICE "wordprocessingml.document" },
	{ "xlsx", FAMILY_DOCUMENT, OFFICE "spreadsheetml.sheet", OFFICE "spreadsheetml.sheet" },
	{ "pptx", FAMILY_DOCUMENT, OFFICE "presentationml.presentation",
		OFFICE "presentationml.presentation" },
	{ "odt", FAMILY_DOCUMENT, OPEN "text", OPEN "text" },
	{ "ods", FAMILY_DOCUMENT, OPEN "spreadsheet", OPEN "spreadsheet" },
	{ "odp", FAMILY_DOCUMENT, OPEN "presentation", OPEN "presentation" },
};

enum { ALL = sizeof all / sizeof *all };

static bool has_word(const char *words, struct str wanted)
{
	struct str rest = str_of(words);

	while (rest.p)
		if (str_eq(str_cut(&rest, ' '), wanted))
			return wanted.n > 0;
	return false;
}

const struct media *media_find(const struct conf *c, struct str found)
{
	for (size_t i = 0; i < ALL; i++)
		if (has_word(all[i].found, found) &&
			has_word(c->upload_types, str_of(all[i].word)) &&
			media_max(c, all[i].family) > 0)
			return &all[i];
	return NULL;
}

int64_t media_max(const struct conf *c, enum family family)
{
	const int64_t mb[] = { [FAMILY_IMAGE] = c->image_mb,
		[FAMILY_AUDIO] = c->audio_mb,
		[FAMILY_VIDEO] = c->video_mb,
		[FAMILY_DOCUMENT] = c->document_mb };

	return mb[family] * MB;
}

int64_t media_max_of_all(const struct conf *c)
{
	int64_t most = 0;

	for (int f = FAMILY_IMAGE; f <= FAMILY_DOCUMENT; f++)
		if (media_max(c, (enum family)f) > most)
			most = media_max(c, (enum family)f);
	return most;
}

bool media_is_inline(struct str mime)
{
	return str_starts(mime, "image/") || str_starts(mime, "audio/") ||
	       str_starts(mime, "video/");
}

struct str media_unknown(const struct conf *c)
{
	struct str rest = str_of(c->upload_types);

	while (rest.p) {
		struct str word = str_cut(&rest, ' ');
		bool known = word.n == 0;

		for (size_t i = 0; i < ALL && !known; i++)
			known = str_is(word, all[i].word);
		if (!known)
			return word;
	}
	return (struct str){ NULL, 0 };
}
