#include "ground.h"

#include "web/address.h"

static void addresses_are_listed_whatever_their_spelling(void **state)
{
	static const struct str list =
		STR("127.0.0.1  10.0.0.7 ::1\t 2001:db8::1 ::ffff:192.0.2.5 nonsense 10.0.0.0/8");
	static const struct {
		const char *address;
		bool in;
	} rows[] = {
		{ "127.0.0.1", true },
		{ "::ffff:127.0.0.1", true },
		{ "::ffff:7f00:1", true },
		{ "10.0.0.7", true },
		{ "192.0.2.5", true },
		{ "::1", true },
		{ "0:0:0:0:0:0:0:1", true },
		{ "2001:DB8:0::1", true },
		{ "10.0.0.8", false },
		{ "10.0.0.0", false },
		{ "127.0.0.2", false },
		{ "::127.0.0.1", false },
		{ "::", false },
		{ "", false },
		{ "nonsense", false },
		{ "10.0.0.0/8", false },
		{ "010.0.0.7", false },
		{ "10.7", false },
		{ "0x0a.0.0.7", false },
		{ "10.0.0.7:80", false },
		{ "[::1]", false },
		{ "::1%eth0", false },
		{ " 10.0.0.7", false },
		{ "10.0.0.7 ", false },
		{ "1:2:3:4:5:6:7:8:9", false },
		{ "0000:0000:0000:0000:0000:0000:0000:0000000000000000000000000000000001", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT(address_listed(list, str_of(rows[i].address)) == rows[i].in, "%s",
			rows[i].address);
	assert_false(address_listed(list, (struct str){ NULL, 0 }));
	assert_false(address_listed(STR(""), STR("10.0.0.7")));
	assert_false(address_listed((struct str){ NULL, 0 }, STR("10.0.0.7")));
}

static void the_last_address_that_is_no_proxy_is_the_caller(void **state)
{
	static const struct str proxies = STR("10.0.0.1 10.0.0.2 2001:db8::9");
	static const struct {
		const char *forwarded, *caller;
	} rows[] = {
		{ NULL, "10.0.0.1" },
		{ "", "10.0.0.1" },
		{ "198.51.100.7", "198.51.100.7" },
		{ " 198.51.100.7 ", "198.51.100.7" },
		{ "198.51.100.7, 10.0.0.2", "198.51.100.7" },
		{ "198.51.100.7,10.0.0.2,2001:DB8::9", "198.51.100.7" },
		{ "198.51.100.7,10.0.0.2,::ffff:10.0.0.1", "198.51.100.7" },
		{ "2001:db8::77, 10.0.0.2", "2001:db8::77" },
		/* What stands left of the first stranger he may have written himself. */
		{ "127.0.0.1, 198.51.100.7", "198.51.100.7" },
		{ "10.0.0.2, 198.51.100.7", "198.51.100.7" },
		{ "203.0.113.1, 203.0.113.2, 198.51.100.7, 10.0.0.2", "198.51.100.7" },
		{ "garbage, 198.51.100.7", "198.51.100.7" },
		/* All are proxies: the farthest of them. */
		{ "10.0.0.2", "10.0.0.2" },
		{ "10.0.0.1, 10.0.0.2", "10.0.0.1" },
		/* What is no address ends the list. */
		{ "198.51.100.7, garbage", "10.0.0.1" },
		{ "198.51.100.7, garbage, 10.0.0.2", "10.0.0.2" },
		{ "198.51.100.7,", "10.0.0.1" },
		{ "198.51.100.7,,10.0.0.2", "10.0.0.2" },
		{ ",", "10.0.0.1" },
		{ "198.51.100.7:1234", "10.0.0.1" },
		{ "[2001:db8::77]", "10.0.0.1" },
		{ "198.51.100.7;10.0.0.2", "10.0.0.1" },
		{ "for=198.51.100.7", "10.0.0.1" },
		{ "unknown", "10.0.0.1" },
		{ "1.2.3.4 5.6.7.8", "10.0.0.1" },
		{ "198.51.100.7\n", "10.0.0.1" },
		{ "1e9.0.0.1", "10.0.0.1" },
	};
	char many[8192] = "198.51.100.7";

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str got =
			address_forwarded(proxies, STR("10.0.0.1"), str_of(rows[i].forwarded));

		EXPECT(str_is(got, rows[i].caller), "%s is %.*s", rows[i].forwarded, STR_ARG(got));
	}
	for (int i = 0; i < 500; i++)
		strcat(many, ",10.0.0.2");
	assert_true(str_is(address_forwarded(proxies, STR("10.0.0.1"), str_of(many)), "10.0.0.2"));
}

static void loopback_is_told_from_what_looks_like_it(void **state)
{
	static const struct {
		const char *address;
		bool loopback;
	} rows[] = {
		{ "127.0.0.1", true },
		{ "127.255.255.254", true },
		{ "::1", true },
		{ "::ffff:127.0.0.1", true },
		{ "128.0.0.1", false },
		{ "126.255.255.255", false },
		{ "0.0.0.0", false },
		{ "::", false },
		{ "::127.0.0.1", false },
		{ "::ffff:1.0.0.127", false },
		{ "7f00::", false },
		{ "localhost", false },
		{ "127.1", false },
		{ "", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT(address_is_loopback(str_of(rows[i].address)) == rows[i].loopback, "%s",
			rows[i].address);
	assert_false(address_is_loopback((struct str){ NULL, 0 }));
}

static void a_household_counts_as_one(void **state)
{
	static const struct {
		const char *one, *other;
		bool same;
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.1", "::ffff:192.0.2.1", true },
		{ "192.0.2.1", "192.0.2.2", false },
		{ "::ffff:192.0.2.1", "::ffff:192.0.2.2", false },
		{ "2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true },
		{ "2001:db8:1:2::1", "2001:DB8:1:2::", true },
		{ "2001:db8:1:2::1", "2001:db8:1:3::1", false },
		{ "2001:db8:1:2::1", "2001:db9:1:2::1", false },
		{ "::1", "::2", true },
		{ "::ffff:0:1", "0.0.0.1", true },
		{ "::ffff:0:0:1", "0.0.0.1", false },
		{ "::", "0.0.0.0", false },
	};
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct str one = address_key(&a, str_of(rows[i].one)),
			   other = address_key(&a, str_of(rows[i].other));

		EXPECT(one.p && other.p && str_eq(one, other) == rows[i].same, "%s %s", rows[i].one,
			rows[i].other);
	}
	assert_null(address_key(&a, STR("garbage")).p);
	assert_null(address_key(&a, STR("")).p);
	assert_null(address_key(&a, (struct str){ NULL, 0 }).p);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_listed_whatever_their_spelling),
		cmocka_unit_test(the_last_address_that_is_no_proxy_is_the_caller),
		cmocka_unit_test(loopback_is_told_from_what_looks_like_it),
		cmocka_unit_test(a_household_counts_as_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
