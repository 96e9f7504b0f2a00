/* nearest.c - what a mistyped word was probably meant to be. */
#include "config.h"
#include "base-private.h"

#include <string.h>

/* Edits (insert, delete, replace, swap of neighbours) from a to b; both shorter than NEAR_MAX. */
enum { NEAR_MAX = 48 };

static size_t edit_distance(const char *a, size_t n, const char *b, size_t m)
{
    size_t d[3][NEAR_MAX + 1]; /* rows i-2, i-1, i of the table, in rotation */
    for (size_t j = 0; j <= m; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *row = d[i % 3], *above = d[(i - 1) % 3], *above2 = d[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);
            best = LEAT_MIN(best, above[j] + 1);
            best = LEAT_MIN(best, row[j - 1] + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = LEAT_MIN(best, above2[j - 2] + 1);
            row[j] = best;
        }
    }
    return d[n % 3][m];
}

void leat_nearest_offer_n(leat_nearest *s, const char *candidate, size_t m)
{
    size_t n = strlen(s->word);
    if (n == 0 || n > NEAR_MAX || m > NEAR_MAX)
        return;
    /* A beginning of the candidate is as near as one slip. */
    size_t distance =
        n >= 2 && n <= m && memcmp(s->word, candidate, n) == 0 ? 1 : edit_distance(s->word, n, candidate, m);
    size_t allowed = n <= 3 ? 1 : n <= 7 ? 2 : 3;
    if (distance <= allowed && distance < n && (s->best == NULL || distance < s->distance)) {
        s->best = candidate;
        s->best_size = m;
        s->distance = distance;
    }
}

void leat_nearest_offer(leat_nearest *s, const char *candidate)
{
    leat_nearest_offer_n(s, candidate, strlen(candidate));
}
