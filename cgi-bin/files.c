/* files - pictures, sounds, videos and documents: taking them in and giving them out.
 *
 * What a file is and whether it is fit to be served, a process of its own finds out
 * (lib/media/clerk.h); the web server sends the bytes where it can (lib/web/deliver.h). */
#include "core/log.h"
#include "core/random.h"
#include "data/file.h"
#include "media/clerk.h"
#include "web/deliver.h"
#include "web/filename.h"
#include "web/gate.h"
#include "web/receive.h"
#include "web/route.h"
#include "web/tidy.h"

enum { ETAG_BYTES = 15, NAME_MAX_CHARS = 1024, MEGA = 1000000 };

static void open_all(struct host *host)
{
	struct str unknown = media_unknown(&host->conf);

	clerk_open(gate_is_fastcgi());
	tidy_open(host);
	if (unknown.n)
		log_say("warning", "settings: types in [uploads]: nobody knows what %.*s is",
			STR_ARG(unknown));
}

static void close_all(void)
{
	tidy_close();
	clerk_close();
}

/* --- POST /files --- */

struct upload_in {
	struct value name;
};

static const struct field upload_fields[] = {
	FIELD(struct upload_in, name, "name", FROM_QUERY, F_TEXT, 0, NAME_MAX_CHARS, 0),
	{ 0 },
};

/* The files of one upload on the disk: what came, and for a picture what it became. */
struct made {
	struct upload upload;
	struct deposit clean, thumb;
	struct clerk_answer answer;
};

static enum err look_at_picture(struct request *rq, struct made *m)
{
	const struct conf *c = &rq->host->conf;
	struct clerk_order order = { .job = CLERK_PICTURE, .pixels_max = c->megapixels * MEGA };
	enum err e = deposit_open(&m->clean, c->files_dir, false);

	if (e == OK)
		e = deposit_open(&m->thumb, c->files_dir, false);
	if (e != OK)
		return e;
	order.in = m->upload.deposit.fd;
	order.clean = m->clean.fd;
	order.thumb = m->thumb.fd;
	str_z(order.mime, sizeof order.mime, str_of(m->upload.kind->mime));
	e = clerk_ask(&order, &m->answer);
	if (e == ERR_INVALID)
		return field_wrong(rq, "file", "is a broken picture");
	if (e == OK && m->answer.cleaned)
		e = deposit_measure(&m->clean);
	if (e == OK)
		e = deposit_measure(&m->thumb);
	return e;
}

/* What is to be served lies on the disk for good. */
static enum err keep(struct request *rq, struct made *m)
{
	const char *directory = rq->host->conf.files_dir;
	enum err e = OK;

	if (m->answer.thumbed)
		e = deposit_keep(&m->thumb, directory);
	return e == OK ? deposit_keep(m->answer.cleaned ? &m->clean : &m->upload.deposit, directory)
		       : e;
}

static enum err register_file(struct request *rq, struct made *m, struct file *f)
{
	const struct deposit *d = m->answer.cleaned ? &m->clean : &m->upload.deposit;
	const struct clerk_answer *a = &m->answer;
	struct str none = { NULL, 0 };
	struct file_new new = { .owner_id = rq->user_id,
		.quota = rq->host->conf.quota_mb << 20,
		.name = m->upload.name,
		.content = { .size = d->n,
			.hash = { (const char *)d->digest, sizeof d->digest },
			.place = str_of(d->place),
			.mime = str_of(m->upload.kind->mime),
			.width = a->width,
			.height = a->height,
			.thumb_size = a->thumbed ? m->thumb.n : 0,
			.thumb_place = a->thumbed ? str_of(m->thumb.place) : none,
			.placeholder = a->placeholder[0] ? str_of(a->placeholder) : none } };

	return file_create(rq->db, rq->arena, &new, f);
}

/* What a row names stays, all else goes. Where nobody knows whether there is a row, the sweep will
 * find out. */
static void put_away(struct request *rq, struct made *m, const struct file *f, enum err e)
{
	struct deposit *all[] = { &m->upload.deposit, &m->clean, &m->thumb };

	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct str place = str_of(all[i]->place);
		bool named = e == OK && (str_eq(place, f->content.place) ||
						str_eq(place, f->content.thumb_place));

		if (all[i]->fd < 0)
			continue;
		if (named || e == ERR_OUTCOME_UNKNOWN)
			deposit_leave(all[i]);
		else
			deposit_drop(all[i], rq->host->conf.files_dir);
	}
}

static struct str name_sent(struct request *rq)
{
	const struct upload_in *in = rq->in;
	char *name = arena_alloc(rq->arena, QUERY_MAX);
	size_t n;

	if (in->name.set)
		return in->name.s;
	if (!filename_sent(request_param(rq, "HTTP_CONTENT_DISPOSITION"), name, QUERY_MAX, &n))
		return (struct str){ NULL, 0 };
	return (struct str){ name, n };
}

/* 201 File. A raw body is the file, its name in ?name= or Content-Disposition; of
 * multipart/form-data the part `file`. What it is, its bytes say: 415 where that is not on the
 * list. */
static enum err upload(struct request *rq)
{
	struct made *m = arena_alloc(rq->arena, sizeof *m);
	struct file f = { 0 };
	enum err e;

	m->clean.fd = m->thumb.fd = -1;
	e = receive(rq, name_sent(rq), &m->upload);
	if (e == OK && m->upload.kind->family == FAMILY_IMAGE)
		e = look_at_picture(rq, m);
	if (e == OK)
		e = keep(rq, m);
	if (e == OK)
		e = register_file(rq, m, &f);
	put_away(rq, m, &f, e);
	if (e != OK)
		return e;
	rq->made = true;
	file_members(reply_json(rq), &f);
	return OK;
}

/* --- GET /files/{id}, GET /files/{id}/thumb --- */

struct one_in {
	struct value id;
};

static const struct field one_fields[] = {
	FIELD(struct one_in, id, "id", FROM_PATH, F_ID, 0, 0, REQUIRED),
	{ 0 },
};

static struct str etag(struct request *rq, const struct file *f, const char *part)
{
	struct str hash = base64url(rq->arena, f->content.hash.p, ETAG_BYTES);

	return arena_printf(rq->arena, "\"%.*s%s\"", STR_ARG(hash), part);
}

/* The bytes, or parts of them; 404 for who may not read them. */
static enum err show_file(struct request *rq)
{
	const struct one_in *in = rq->in;
	struct file f;
	enum err e = file_find(rq->db, rq->arena, in->id.n, rq->user_id, &f);
	struct delivery d;

	if (e != OK)
		return e;
	d = (struct delivery){ .place = f.content.place,
		.mime = f.content.mime,
		.name = f.name,
		.etag = etag(rq, &f, ""),
		.size = f.content.size,
		.inline_ = media_is_inline(f.content.mime) };
	return deliver(rq, &d);
}

/* A small picture of it; 404 where there is none. */
static enum err show_thumb(struct request *rq)
{
	const struct one_in *in = rq->in;
	struct file f;
	enum err e = file_find(rq->db, rq->arena, in->id.n, rq->user_id, &f);
	struct delivery d;

	if (e == OK && !f.content.thumb_place.p)
		return ERR_NOT_FOUND;
	if (e != OK)
		return e;
	d = (struct delivery){ .place = f.content.thumb_place,
		.mime = STR("image/webp"),
		.name = STR("thumb.webp"),
		.etag = etag(rq, &f, "-t"),
		.size = f.content.thumb_size,
		.inline_ = true };
	return deliver(rq, &d);
}

static const struct route routes[] = {
	{ "POST", "/", AUTH_USER, 0, upload_fields, upload },
	{ "PUT", "/", AUTH_USER, 0, upload_fields, upload },
	{ "GET", "/{id}", AUTH_COOKIE, 0, one_fields, show_file },
	{ "GET", "/{id}/thumb", AUTH_COOKIE, 0, one_fields, show_thumb },
	{ 0 },
};

const struct program program = {
	.name = "files", .routes = routes, .stores = true, .open = open_all, .close = close_all
};
