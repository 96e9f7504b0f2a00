/* What a figure shows, in which order: the runs and their numbers, the series that the filters let through, and the
 * panels that they make. */
#include "config.h"
#include "viz/figure-private.h"
#include <stdlib.h>
#include <string.h>

/* ---- names ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Compares two runs of digits by value and moves behind them. */
static int compare_digits(const char **a, const char **b)
{
    while (**a == '0')
        ++*a;
    while (**b == '0')
        ++*b;
    size_t na = 0, nb = 0;
    while (is_digit((*a)[na]))
        na++;
    while (is_digit((*b)[nb]))
        nb++;
    int by_value = na != nb ? (na > nb) - (na < nb) : memcmp(*a, *b, na);
    *a += na;
    *b += nb;
    return by_value;
}

/* In "lr=0.01" the digits behind the point are no number of their own. */
static bool in_fraction(const char *start, const char *at)
{
    return at - start >= 2 && at[-1] == '.' && is_digit(at[-2]);
}

int leat_natural_compare(const char *a, const char *b)
{
    const char *x = a, *y = b;
    while (*x && *y) {
        if (is_digit(*x) && is_digit(*y) && !in_fraction(a, x)) {
            int by_value = compare_digits(&x, &y);
            if (by_value != 0)
                return by_value;
            continue;
        }
        if (is_digit(*x) && is_digit(*y)) { /* a fraction, digit by digit */
            while (is_digit(*x) && *x == *y)
                x++, y++;
            if (is_digit(*x) || is_digit(*y))
                return (unsigned char)*x - (unsigned char)*y;
            continue;
        }
        if (*x != *y) {
            int cx = *x == '/' ? 0 : (unsigned char)*x, cy = *y == '/' ? 0 : (unsigned char)*y;
            return cx - cy;
        }
        x++, y++;
    }
    if (*x || *y)
        return *x ? 1 : -1;
    return strcmp(a, b); /* "01" and "1" are different names */
}

size_t leat_tag_group(const char *tag)
{
    const char *slash = strchr(tag, '/');
    return slash ? (size_t)(slash - tag) : 0;
}

/* ---- selection ---- */

static int compare_names(const void *a, const void *b)
{
    return leat_natural_compare(*(const char *const *)a, *(const char *const *)b);
}

static leat_status add_run(leat_figure *f, const char *name, size_t *capacity)
{
    if (leat_map_get(&f->run_index, name, strlen(name)) != NULL)
        return LEAT_OK;
    LEAT_TRY(leat_grow(&f->runs, capacity, f->n_runs + 1, sizeof *f->runs));
    LEAT_TRY(leat_map_put(&f->run_index, name, strlen(name), (void *)(uintptr_t)1));
    f->runs[f->n_runs++] = name;
    return LEAT_OK;
}

static leat_status number_runs(leat_figure *f)
{
    const leat_plot_data *d = f->data;
    size_t capacity = 0;
    leat_found s;
    for (size_t i = 0; i < d->n_runs; i++)
        LEAT_TRY(add_run(f, d->runs[i], &capacity));
    for (size_t i = 0; f->class->series(d, i, &s); i++)
        LEAT_TRY(add_run(f, s.run, &capacity));
    if (f->n_runs > 0)
        qsort(f->runs, f->n_runs, sizeof *f->runs, compare_names);
    for (size_t i = 0; i < f->n_runs; i++)
        LEAT_TRY(leat_map_put(&f->run_index, f->runs[i], strlen(f->runs[i]), (void *)(uintptr_t)(i + 1)));
    return LEAT_OK;
}

/* Without a group in the pattern all runs that match are one line. */
static leat_status group_runs(leat_figure *f)
{
    leat_map lines = {0};
    leat_status status = LEAT_OK;
    size_t n_lines = 0;
    f->line_of = leat_alloc_zero(f->n_runs, sizeof *f->line_of);
    f->look_of = leat_alloc_zero(f->n_runs, sizeof *f->look_of);
    if (f->line_of == NULL || f->look_of == NULL)
        return leat_fail_memory(f->n_runs * sizeof *f->line_of);
    for (size_t i = 0; i < f->n_runs && status == LEAT_OK; i++) {
        size_t from, to;
        f->line_of[i] = i;
        f->look_of[i] = n_lines;
        if (!leat_pattern_find(&f->band, f->runs[i], &from, &to)) {
            n_lines++;
            continue;
        }
        size_t n = f->band.regex.re_nsub > 0 ? to - from : 0;
        void *first = leat_map_get(&lines, f->runs[i] + from, n);
        if (first == NULL) {
            status = leat_map_put(&lines, f->runs[i] + from, n, (void *)(uintptr_t)(i + 1));
            n_lines++;
            continue;
        }
        f->line_of[i] = (size_t)(uintptr_t)first - 1;
        f->look_of[i] = f->look_of[f->line_of[i]];
    }
    leat_map_free(&lines);
    return status;
}

static bool series_at(const leat_figure *f, size_t i, leat_found *s)
{
    return f->class->series(f->data, i, s);
}

static bool wanted(const leat_figure *f, const leat_found *s)
{
    return s->points > 0 && leat_pattern_matches(&f->run, s->run) && leat_pattern_matches(&f->tag, s->tag);
}

static size_t run_of(const leat_figure *f, const leat_found *s)
{
    return (size_t)(uintptr_t)leat_map_get(&f->run_index, s->run, strlen(s->run)) - 1;
}

/* A group's tags stand together; tags without a group come first. */
static int compare_tags(const char *a, const char *b)
{
    bool has_a = leat_tag_group(a) > 0, has_b = leat_tag_group(b) > 0;
    return has_a != has_b ? (has_a ? 1 : -1) : leat_natural_compare(a, b);
}

/* By tag, then run. Of indices of series. */
static int compare_series(const void *a, const void *b, void *figure)
{
    leat_found x, y;
    series_at(figure, *(const uint32_t *)a, &x);
    series_at(figure, *(const uint32_t *)b, &y);
    if (strcmp(x.tag, y.tag) != 0)
        return compare_tags(x.tag, y.tag);
    size_t rx = run_of(figure, &x), ry = run_of(figure, &y);
    return (rx > ry) - (rx < ry);
}

/* The first tags of those seen so far, a heap whose top is the last of them. There may be a million tags: sorting all
 * of them takes longer than reading them, and no figure shows so many. */
typedef struct shortlist {
    const char **tags;
    size_t n, capacity;
    leat_map members;
} shortlist;

static void sift_up(shortlist *l, size_t at)
{
    for (size_t up; at > 0 && compare_tags(l->tags[up = (at - 1) / 2], l->tags[at]) < 0; at = up) {
        const char *tag = l->tags[at];
        l->tags[at] = l->tags[up];
        l->tags[up] = tag;
    }
}

static void sift_down(shortlist *l)
{
    for (size_t at = 0, down; (down = 2 * at + 1) < l->n; at = down) {
        if (down + 1 < l->n && compare_tags(l->tags[down], l->tags[down + 1]) < 0)
            down++;
        if (compare_tags(l->tags[at], l->tags[down]) >= 0)
            return;
        const char *tag = l->tags[at];
        l->tags[at] = l->tags[down];
        l->tags[down] = tag;
    }
}

/* *in: can the tag still be one of the first LEAT_MOST_PANELS? */
static leat_status shortlist_add(shortlist *l, const char *tag, bool *in)
{
    size_t n = strlen(tag);
    bool full = l->n == LEAT_MOST_PANELS;
    *in = !full || compare_tags(tag, l->tags[0]) <= 0;
    if (!*in || leat_map_get(&l->members, tag, n) != NULL)
        return LEAT_OK;
    if (full)
        leat_map_remove(&l->members, l->tags[0], strlen(l->tags[0]));
    else
        LEAT_TRY(leat_grow(&l->tags, &l->capacity, l->n + 1, sizeof *l->tags));
    LEAT_TRY(leat_map_put(&l->members, tag, n, l));
    l->tags[full ? 0 : l->n++] = tag;
    if (full)
        sift_down(l);
    else
        sift_up(l, l->n - 1);
    return LEAT_OK;
}

/* The panels of the series in that order, and their items. */
static leat_status make_panels(leat_figure *f, const uint32_t *order, size_t n)
{
    bool together = f->options.one_chart && !f->class->by_run, cut = false;
    size_t most = together ? 1 : LEAT_MIN(n, (size_t)LEAT_MOST_PANELS);
    leat_found before = {0}, s;
    f->panels = leat_alloc_zero(most, sizeof *f->panels);
    if (f->panels == NULL)
        return leat_fail_memory(most * sizeof *f->panels);
    for (size_t i = 0; i < n; i++, before = s) {
        series_at(f, order[i], &s);
        size_t run = run_of(f, &s);
        bool same = i > 0 && (together || (strcmp(before.tag, s.tag) == 0 &&
                                           (!f->class->by_run || run_of(f, &before) == run)));
        bool full = together ? f->n_items == LEAT_MOST_PANELS : !same && f->n_panels == most;
        cut |= full;
        if (full || (same && cut))
            continue;
        if (!same)
            f->panels[f->n_panels++] = (leat_panel){.tag = s.tag, .run = run, .first = f->n_items};
        LEAT_TRY(leat_grow(&f->items, &f->items_capacity, f->n_items + 1, sizeof *f->items));
        leat_item *item = &f->items[f->n_items++];
        *item = (leat_item){.run = run, .tag = s.tag, .series = order[i]};
        if (f->options.kind == LEAT_PLOT_SCALARS)
            item->scalars = leat_scalars_at(f->data, order[i]);
        leat_panel *p = &f->panels[f->n_panels - 1];
        p->n++;
        if (p->run != run)
            p->run = SIZE_MAX;
        if (p->tag && strcmp(p->tag, s.tag) != 0)
            p->tag = NULL;
    }
    return LEAT_OK;
}

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* The tags of a million series are counted in 4 bytes each: 16 bits of a tag's hash say which of these buckets holds
 * 32 more. With 48 bits in all, two of a million tags pass for one in a log of 500. */
#define BUCKETS ((size_t)1 << 16)

typedef struct tag_count {
    uint32_t *rest;   /* of the hashes, bucket by bucket */
    uint32_t *filled; /* by bucket: where its next one goes; in the end, where it ends */
} tag_count;

/* The bucket of every wanted series, and the rest of its hash: first they are counted, then put there. */
static void hash_tags(const leat_figure *f, tag_count *c, bool put)
{
    leat_found s;
    for (size_t i = 0; i < UINT32_MAX && series_at(f, i, &s); i++) {
        if (!wanted(f, &s))
            continue;
        uint64_t hash = leat_hash(s.tag, strlen(s.tag), (uintptr_t)c->rest);
        size_t bucket = hash >> 48;
        if (put)
            c->rest[c->filled[bucket]++] = (uint32_t)hash;
        else if (bucket + 1 < BUCKETS)
            c->filled[bucket + 1]++;
    }
}

static size_t different(uint32_t *rest, size_t n)
{
    size_t all = 0;
    if (n > 1)
        qsort(rest, n, sizeof *rest, compare_u32);
    for (size_t i = 0; i < n; i++)
        all += i == 0 || rest[i] != rest[i - 1];
    return all;
}

static leat_status count_tags(const leat_figure *f, size_t *tags)
{
    tag_count c = {.rest = leat_realloc_array(NULL, f->n_found, sizeof *c.rest),
                   .filled = leat_alloc_zero(BUCKETS, sizeof *c.filled)};
    leat_status status =
        c.rest && c.filled ? LEAT_OK : leat_fail_memory((f->n_found + BUCKETS) * sizeof *c.rest);
    *tags = 0;
    if (status == LEAT_OK) {
        hash_tags(f, &c, false);
        for (size_t i = 1; i < BUCKETS; i++)
            c.filled[i] += c.filled[i - 1];
        hash_tags(f, &c, true);
        for (size_t i = 0; i < BUCKETS; i++) {
            size_t start = i > 0 ? c.filled[i - 1] : 0;
            *tags += different(c.rest + start, c.filled[i] - start);
        }
    }
    leat_free(c.rest);
    leat_free(c.filled);
    return status;
}

/* Of several runs the panels that there would be are as many as there are different tags. */
static leat_status count_left_out(leat_figure *f)
{
    bool together = f->options.one_chart && !f->class->by_run;
    size_t tags;
    if (together || f->class->by_run || f->n_runs == 1) {
        f->n_left_out = f->n_found - (together ? f->n_items : f->n_panels);
        return LEAT_OK;
    }
    LEAT_TRY(count_tags(f, &tags));
    f->n_left_out = tags - f->n_panels;
    return LEAT_OK;
}

#define NAMED 6u         /* of what there is, where nothing of it was wanted */
#define LONGEST_NAME 80u /* longer names are not among them */

/* The first few runs (or tags, of the wanted runs) that have series of this kind. */
static leat_status put_names(const leat_figure *f, bool runs, leat_buf *out)
{
    const char *names[NAMED];
    size_t n = 0, known;
    leat_found s;
    for (size_t i = 0; series_at(f, i, &s); i++) {
        const char *name = leat_shown_name(runs ? s.run : s.tag);
        if (s.points == 0 || strlen(name) > LONGEST_NAME || !(runs || leat_pattern_matches(&f->run, s.run)))
            continue;
        for (known = 0; known < n && strcmp(names[known], name) != 0;)
            known++;
        if (known < n)
            continue;
        leat_buf_puts(out, n > 0 ? ", " : "");
        leat_buf_puts(out, n < NAMED ? name : "...");
        if (n == NAMED)
            break;
        names[n++] = name;
    }
    return out->failed ? leat_fail_memory(out->size + LONGEST_NAME) : LEAT_OK;
}

/* LEAT_ERR_NOT_FOUND that says what there is instead. */
static leat_status nothing_found(const leat_figure *f)
{
    static const char *const kinds[] = {
        [LEAT_PLOT_SCALARS] = "scalars",    [LEAT_PLOT_HISTOGRAMS] = "histograms",
        [LEAT_PLOT_OVERLAY] = "histograms", [LEAT_PLOT_DISTRIBUTIONS] = "histograms",
        [LEAT_PLOT_IMAGES] = "images",      [LEAT_PLOT_TEXT] = "texts",
    };
    const char *kind = kinds[f->options.kind];
    leat_buf names = {0};
    bool of_runs = false;
    leat_status status = put_names(f, false, &names);
    if (status == LEAT_OK && names.size == 0) {
        of_runs = true;
        status = put_names(f, true, &names);
    }
    if (status == LEAT_OK && names.size == 0)
        status = leat_fail(LEAT_ERR_NOT_FOUND, "nothing to draw: no %s in the log", kind);
    else if (status == LEAT_OK)
        status = leat_fail(LEAT_ERR_NOT_FOUND, "nothing to draw: no %s of the wanted %s; there are %s", kind,
                           of_runs ? "runs" : "tags", names.data);
    leat_buf_free(&names);
    return status;
}

static leat_status select_items(leat_figure *f)
{
    uint32_t *order = NULL;
    size_t n = 0, capacity = 0;
    leat_status status = LEAT_OK;
    shortlist list = {0};
    leat_found s;
    for (size_t i = 0; status == LEAT_OK && i < UINT32_MAX && series_at(f, i, &s); i++) {
        bool in;
        if (!wanted(f, &s))
            continue;
        f->n_found++;
        f->n_points += s.points;
        status = shortlist_add(&list, s.tag, &in);
        if (status == LEAT_OK && in)
            status = leat_grow(&order, &capacity, n + 1, sizeof *order);
        if (status == LEAT_OK && in)
            order[n++] = (uint32_t)i;
    }
    leat_free(list.tags);
    leat_map_free(&list.members);
    if (status == LEAT_OK && n == 0)
        status = nothing_found(f);
    if (status == LEAT_OK) {
        qsort_r(order, n, sizeof *order, compare_series, f);
        status = make_panels(f, order, n);
    }
    leat_free(order);
    if (status == LEAT_OK && f->n_items < f->n_found)
        status = count_left_out(f);
    return status;
}

leat_status leat_figure_select(leat_figure *f)
{
    LEAT_TRY(number_runs(f));
    LEAT_TRY(group_runs(f));
    return select_items(f);
}
