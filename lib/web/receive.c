#include "web/receive.h"

#include "data/file.h"
#include "media/clerk.h"
#include "media/sniff.h"
#include "web/crew.h"
#include "web/filename.h"
#include "web/multipart.h"

#include <errno.h>
#include <pthread.h>

enum {
	PIECE = 65536,
	PATIENCE_MS = 20,
	FRAME_MAX = 65536, /* what a multipart body may have beside the file */
	PEOPLE_MAX = 2048,
	AGAIN_S = 5,
};

/* Who uploads at this moment, and how many at once. */
static struct {
	pthread_mutex_t lock;
	struct {
		int64_t user_id, n;
	} people[PEOPLE_MAX];
} uploads = { .lock = PTHREAD_MUTEX_INITIALIZER };

struct reception {
	struct request *rq;
	struct upload *upload;
	struct multipart *multipart; /* NULL: the body is the file */
	int64_t max;                 /* of the file, as far as its kind is known */
	int64_t least;               /* that the file has, if the length of the body is true */
	bool aside;
};

static bool take_place(int64_t user_id, int64_t most)
{
	int free = -1, mine = -1;
	bool taken = false;

	pthread_mutex_lock(&uploads.lock);
	for (int i = 0; i < PEOPLE_MAX && mine < 0; i++) {
		if (uploads.people[i].n && uploads.people[i].user_id == user_id)
			mine = i;
		else if (!uploads.people[i].n && free < 0)
			free = i;
	}
	mine = mine < 0 ? free : mine;
	if (mine >= 0 && uploads.people[mine].n < most) {
		uploads.people[mine].user_id = user_id;
		uploads.people[mine].n++;
		taken = true;
	}
	pthread_mutex_unlock(&uploads.lock);
	return taken;
}

static void give_place(int64_t user_id)
{
	pthread_mutex_lock(&uploads.lock);
	for (int i = 0; i < PEOPLE_MAX; i++)
		if (uploads.people[i].n && uploads.people[i].user_id == user_id) {
			uploads.people[i].n--;
			break;
		}
	pthread_mutex_unlock(&uploads.lock);
}

/* What the file is, once enough of it has come, or all. */
static enum err settle_kind(struct reception *r)
{
	struct clerk_order order = {
		.job = CLERK_SNIFF, .in = r->upload->deposit.fd, .clean = -1, .thumb = -1
	};
	struct clerk_answer answer;
	const struct conf *c = &r->rq->host->conf;

	if (clerk_ask(&order, &answer) != OK)
		return answer.outcome;
	r->upload->kind = media_find(c, str_of(answer.mime));
	note(r->rq, "%s", answer.mime);
	if (!r->upload->kind)
		return ERR_FILE_TYPE;
	r->max = media_max(c, r->upload->kind->family);
	return r->least > r->max || r->upload->deposit.n > r->max ? ERR_TOO_LARGE : OK;
}

static enum err take(void *context, struct str bytes)
{
	struct reception *r = context;
	struct deposit *d = &r->upload->deposit;
	enum err e = OK;

	if (d->n + (int64_t)bytes.n > r->max)
		return ERR_TOO_LARGE;
	e = deposit_add(d, bytes.p, bytes.n);
	return e == OK && !r->upload->kind && d->n >= SNIFF_BYTES ? settle_kind(r) : e;
}

/* A sender who lets us wait keeps a thread and no more: neither its place nor its connection to the
 * database. */
static bool be_patient(struct reception *r)
{
	if (r->aside || !r->rq->gate->is_silent(r->rq->gate, PATIENCE_MS))
		return true;
	r->aside = crew_stand_aside();
	if (r->aside)
		db_rest(r->rq->db);
	return r->aside;
}

/* What has come, up to a piece. */
static int64_t read_piece(struct gate *g, char *piece)
{
	int64_t n = 0, got;

	do {
		got = g->read(g, piece + n, (size_t)(PIECE - n));
		if (got < 0)
			return -1;
		n += got;
	} while (got > 0 && n < PIECE && !g->is_silent(g, 0));
	return n;
}

static enum err read_body(struct reception *r)
{
	struct request *rq = r->rq;
	char *piece = arena_alloc(rq->arena, PIECE);
	int64_t n = 0, got;
	enum err e = OK;

	for (;;) {
		if (!be_patient(r)) {
			rq->retry_after_s = AGAIN_S;
			return ERR_RATE_LIMITED;
		}
		got = read_piece(rq->gate, piece);
		if (got <= 0)
			break;
		n += got;
		e = r->multipart ? multipart_feed(r->multipart, (struct str){ piece, (size_t)got })
				 : take(r, (struct str){ piece, (size_t)got });
		if (e != OK)
			return e;
		if (rq->content_length >= 0 && n >= rq->content_length)
			break;
	}
	if (got >= 0 && (rq->content_length < 0 || n == rq->content_length)) {
		rq->body_taken = true;
		return OK;
	}
	note(rq, "the body broke off");
	return ERR_BAD_REQUEST;
}

static enum err read_multipart(struct reception *r)
{
	struct multipart *m = r->multipart;
	enum err e = read_body(r);

	if (m->why)
		note(r->rq, "multipart: %s", m->why);
	if (e == OK && !m->ended) {
		note(r->rq, "multipart: the last boundary is missing");
		e = ERR_BAD_REQUEST;
	}
	return e == OK && !m->found ? field_wrong(r->rq, "file", "is missing") : e;
}

static enum err read_file(struct reception *r)
{
	struct request *rq = r->rq;
	enum err e = r->multipart ? read_multipart(r) : read_body(r);

	if (e == OK && r->upload->deposit.n == 0)
		return field_wrong(rq, "file", "is empty");
	return e == OK && !r->upload->kind ? settle_kind(r) : e;
}

static enum err check_length(struct reception *r)
{
	struct request *rq = r->rq;
	const struct conf *c = &rq->host->conf;
	int64_t used = 0;
	enum err e = OK;

	r->max = media_max_of_all(c);
	r->least = rq->content_length - (r->multipart ? FRAME_MAX : 0);
	if (r->least > r->max)
		return ERR_TOO_LARGE;
	if (c->quota_mb)
		e = file_used(rq->db, rq->arena, rq->user_id, &used);
	return e == OK && c->quota_mb && used + r->least > c->quota_mb << 20 ? ERR_QUOTA : e;
}

static void name_it(struct reception *r, struct str named)
{
	struct arena *a = r->rq->arena;
	struct upload *u = r->upload;
	struct str otherwise = arena_printf(a, "file.%s", u->kind->word);

	if (r->multipart && r->multipart->named)
		named = (struct str){ r->multipart->name, r->multipart->name_n };
	u->name = filename_clean(a, named, otherwise.p);
}

enum err receive(struct request *rq, struct str named, struct upload *u)
{
	struct reception r = { .rq = rq, .upload = u };
	struct multipart *m = arena_alloc(rq->arena, sizeof *m);
	enum err e;

	*u = (struct upload){ .deposit = { .fd = -1 } };
	if (str_starts_nocase(str_trim(rq->content_type), "multipart/")) {
		*m = (struct multipart){ .take = take, .context = &r };
		r.multipart = m;
		if (!multipart_begin(m, rq->content_type)) {
			note(rq, "multipart: it is no form-data with a boundary");
			return ERR_BAD_REQUEST;
		}
	}
	e = check_length(&r);
	if (e != OK)
		return e;
	if (!take_place(rq->user_id, rq->host->conf.uploads)) {
		rq->retry_after_s = AGAIN_S;
		return ERR_RATE_LIMITED;
	}
	e = deposit_open(&u->deposit, rq->host->conf.files_dir, true);
	if (e != OK)
		note(rq, "%s: %s", rq->host->conf.files_dir, strerror(errno));
	if (e == OK)
		e = read_file(&r);
	give_place(rq->user_id);
	if (e == OK)
		name_it(&r, named);
	return e;
}
