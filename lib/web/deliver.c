#include "web/deliver.h"

#include "core/random.h"
#include "web/crew.h"
#include "web/filename.h"
#include "web/range.h"
#include "web/reply.h"

#include <fcntl.h>
#include <unistd.h>

enum { PIECE = 65536, PART_HEAD_MAX = 512 };

struct parcel {
	struct request *rq;
	const struct delivery *d;
	struct range ranges[RANGES_MAX];
	int n;
	struct str path, boundary;
};

/* A list of tags, or a star; those that say "weak" count as well, since the bytes are the same. */
static bool is_known(struct str header, struct str etag)
{
	while (header.p) {
		struct str one = str_trim(str_cut(&header, ','));

		if (str_starts(one, "W/"))
			one = (struct str){ one.p + 2, one.n - 2 };
		if (str_is(one, "*") || str_eq(one, etag))
			return true;
	}
	return false;
}

static void write_head(struct parcel *p, int status, struct buf *to)
{
	struct request *rq = p->rq;

	buf_printf(to, "Status: %d\r\n", status);
	reply_header(to, "X-Request-Id", rq->id);
	reply_header(to, "X-Content-Type-Options", STR("nosniff"));
	/* What is under this address never changes. */
	reply_header(to, "Cache-Control", STR("private, max-age=31536000, immutable"));
	reply_header(to, "ETag", p->d->etag);
	if (status != 304) {
		reply_header(to, "Accept-Ranges", STR("bytes"));
		reply_header(to, "Content-Security-Policy", STR("default-src 'none'; sandbox"));
		reply_header(to, "Content-Disposition",
			filename_disposition(rq->arena, p->d->name, p->d->inline_));
	}
	reply_origin(rq, to);
}

static bool send_head(struct parcel *p, int status, struct buf *head)
{
	bool sent;

	p->rq->answered = true;
	p->rq->status = status;
	buf_z(head, "\r\n");
	sent = !head->over && p->rq->gate->write(p->rq->gate, buf_as_str(head));
	buf_free(head);
	return sent;
}

/* --- by the program itself --- */

static bool send_bytes(struct parcel *p, int file, struct range r)
{
	struct gate *g = p->rq->gate;
	char *piece = arena_alloc(p->rq->arena, PIECE);

	while (r.first <= r.last) {
		int64_t left = r.last - r.first + 1;
		ssize_t got = pread(file, piece, left < PIECE ? (size_t)left : PIECE, r.first);

		if (got <= 0 || !g->write(g, (struct str){ piece, (size_t)got }))
			return false;
		r.first += got;
	}
	return true;
}

static struct str part_head(struct parcel *p, int i)
{
	return arena_printf(p->rq->arena,
		"\r\n--%.*s\r\nContent-Type: %.*s\r\nContent-Range: bytes %lld-%lld/%lld\r\n\r\n",
		STR_ARG(p->boundary), STR_ARG(p->d->mime), (long long)p->ranges[i].first,
		(long long)p->ranges[i].last, (long long)p->d->size);
}

static struct str part_end(struct parcel *p)
{
	return arena_printf(p->rq->arena, "\r\n--%.*s--\r\n", STR_ARG(p->boundary));
}

static void send_parts(struct parcel *p, int file)
{
	struct gate *g = p->rq->gate;

	for (int i = 0; i < p->n; i++)
		if (!g->write(g, part_head(p, i)) || !send_bytes(p, file, p->ranges[i]))
			return;
	g->write(g, part_end(p));
}

static int64_t length_of_parts(struct parcel *p)
{
	int64_t n = (int64_t)part_end(p).n;

	for (int i = 0; i < p->n; i++)
		n += (int64_t)part_head(p, i).n + p->ranges[i].last - p->ranges[i].first + 1;
	return n;
}

/* --- what is sent, and by whom --- */

static void head_of_body(struct parcel *p, struct buf *to)
{
	const struct range *r = p->ranges;
	int64_t length = p->d->size;

	if (p->n > 1) {
		p->boundary = random_id(p->rq->arena);
		length = length_of_parts(p);
		reply_header(to, "Content-Type",
			arena_printf(p->rq->arena, "multipart/byteranges; boundary=%.*s",
				STR_ARG(p->boundary)));
	} else {
		reply_header(to, "Content-Type", p->d->mime);
	}
	if (p->n == 1) {
		length = r->last - r->first + 1;
		buf_printf(to, "Content-Range: bytes %lld-%lld/%lld\r\n", (long long)r->first,
			(long long)r->last, (long long)p->d->size);
	}
	buf_printf(to, "Content-Length: %lld\r\n", (long long)length);
}

/* The address of the file for a web server that can send it; false: it cannot. */
static bool hand_over(struct parcel *p, struct buf *to)
{
	struct str can = request_param(p->rq, "BELLHOP_SENDFILE");

	if (p->n == 0 && can.n) {
		reply_header(to, "X-Sendfile", p->path);
		return true;
	}
	if (p->n == 1 && str_is(can, "ranges")) {
		reply_header(to, "X-Sendfile2",
			arena_printf(p->rq->arena, "%.*s %lld-%lld", STR_ARG(p->path),
				(long long)p->ranges[0].first, (long long)p->ranges[0].last));
		return true;
	}
	return false;
}

static enum err send_file(struct parcel *p)
{
	struct range whole = { 0, p->d->size - 1 };
	struct buf head = BUF_INIT(PIECE);
	int file = open(p->path.p, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	/* Its row has gone just now, or is about to. */
	if (file < 0)
		return ERR_NOT_FOUND;
	write_head(p, p->n ? 206 : 200, &head);
	if (!p->rq->head && hand_over(p, &head)) {
		reply_header(&head, "Content-Type", p->d->mime);
		if (p->n)
			buf_printf(&head, "Content-Range: bytes %lld-%lld/%lld\r\n",
				(long long)p->ranges[0].first, (long long)p->ranges[0].last,
				(long long)p->d->size);
		send_head(p, p->n ? 206 : 200, &head);
	} else {
		head_of_body(p, &head);
		/* Somebody's line may be slow. */
		crew_stand_aside();
		if (send_head(p, p->n ? 206 : 200, &head) && !p->rq->head) {
			if (p->n > 1)
				send_parts(p, file);
			else
				send_bytes(p, file, p->n ? p->ranges[0] : whole);
		}
	}
	close(file);
	return OK;
}

enum err deliver(struct request *rq, const struct delivery *d)
{
	struct parcel p = { .rq = rq, .d = d };
	struct str condition = request_param(rq, "HTTP_IF_RANGE");
	struct buf head = BUF_INIT(PIECE);

	if (is_known(request_param(rq, "HTTP_IF_NONE_MATCH"), d->etag)) {
		write_head(&p, 304, &head);
		send_head(&p, 304, &head);
		return OK;
	}
	p.path = arena_printf(rq->arena, "%s/%.*s", rq->host->conf.files_dir, STR_ARG(d->place));
	/* A tag that is another's, or a date: then the client has parts of something else. */
	if (!rq->head && (!condition.p || str_eq(str_trim(condition), d->etag)) &&
		range_read(request_param(rq, "HTTP_RANGE"), d->size, p.ranges, &p.n) ==
			RANGE_NONE_SUCH) {
		rq->range_size = d->size;
		return ERR_RANGE;
	}
	return send_file(&p);
}
