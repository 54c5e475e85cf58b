/* Range: what is given lies within the file, each part with at least a byte, all of them together
 * no more than it has. The first four bytes say how long the file is. */
#include "web/range.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct range ranges[RANGES_MAX];
	int64_t length, sum = 0;
	enum range_outcome outcome;
	char *copy;
	int n = -1;

	if (size < 4)
		return 0;
	length = 1 + (data[0] | data[1] << 8 | data[2] << 16) + (int64_t)data[3] * 1000000007;
	copy = malloc(size - 4 + !(size - 4));
	memcpy(copy, data + 4, size - 4);
	outcome = range_read((struct str){ copy, size - 4 }, length, ranges, &n);
	if ((outcome == RANGE_SOME) != (n > 0) || n < 0 || n > RANGES_MAX)
		abort();
	for (int i = 0; i < n; i++) {
		if (ranges[i].first < 0 || ranges[i].first > ranges[i].last ||
			ranges[i].last >= length)
			abort();
		sum += ranges[i].last - ranges[i].first + 1;
	}
	if (sum > length)
		abort();
	free(copy);
	return 0;
}
