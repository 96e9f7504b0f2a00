/* The logs that real TensorFlow, tensorboardX and hand-made damage left, against what TensorBoard reads of them. */
#include "config.h"
#include "check.h"
#include "event-builder.h"
#include "base/file-private.h"
#include "base/sha256-private.h"
#include "events/decode-private.h"
#include "events/export-private.h"
#include "events/reader-private.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A check that names what differs. */
static bool same(bool good, const char *run, const char *tag, const char *what)
{
    char text[300];
    snprintf(text, sizeof text, "%s, %s: %s differs", run, tag, what);
    return CU_assertImplementation(good, __LINE__, text, __FILE__, "", CU_FALSE);
}

static double number(const json_t *j)
{
    double v = NAN;
    if (json_is_string(j))
        CHECK(leat_parse_f64(json_string_value(j), &v));
    else
        v = json_number_value(j);
    return v;
}

static bool equal(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static bool has_damage(const json_t *want)
{
    const char *name;
    json_t *file;
    json_object_foreach(json_object_get((json_t *)want, "files"), name,
                        file) if (json_is_string(json_object_get(file, "damage")) &&
                                  strcmp(json_string_value(json_object_get(file, "damage")),
                                         "truncated record") != 0) return true;
    return false;
}

/* TensorBoard stops at damage: it has a prefix of what Leat has. */
static void compare_scalar(const leat_log_run *run, const char *tag, const json_t *want, bool damaged)
{
    const leat_series *s = leat_log_run_find(run, LEAT_SERIES_SCALAR, tag);
    if (!same(s != NULL, run->name, tag, "presence"))
        return;
    size_t n = (size_t)json_integer_value(json_object_get(want, "n"));
    same(damaged ? s->n >= n : s->n == n, run->name, tag, "n");
    if (s->n < n)
        return;
    const int64_t *step = leat_series_steps(run, s);
    const double *value = leat_series_values(run, s), *wall = leat_series_wall_times(run, s);
    double least = INFINITY, most = -INFINITY, sum = 0;
    size_t finite = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(value[i])) {
            finite++;
            least = fmin(least, value[i]);
            most = fmax(most, value[i]);
            sum += value[i];
        }
    const json_t *first = json_object_get(want, "first"), *last = json_object_get(want, "last");
    same(step[0] == json_integer_value(json_array_get(first, 0)), run->name, tag, "first step");
    same(equal(value[0], number(json_array_get(first, 1))), run->name, tag, "first value");
    same(step[n - 1] == json_integer_value(json_array_get(last, 0)), run->name, tag, "last step");
    same(equal(value[n - 1], number(json_array_get(last, 1))), run->name, tag, "last value");
    same(wall[0] == number(json_object_get(want, "wall_first")), run->name, tag, "first wall time");
    same(wall[n - 1] == number(json_object_get(want, "wall_last")), run->name, tag, "last wall time");
    same(finite == (size_t)json_integer_value(json_object_get(want, "finite")), run->name, tag, "finite");
    if (finite > 0) {
        double wanted = number(json_object_get(want, "sum"));
        same(least == number(json_object_get(want, "min")), run->name, tag, "min");
        same(most == number(json_object_get(want, "max")), run->name, tag, "max");
        same(fabs(sum - wanted) <= 1e-12 * fabs(wanted) + 1e-300, run->name, tag, "sum");
    }
    const json_t *steps = json_object_get(want, "steps"), *values = json_object_get(want, "values");
    for (size_t i = 0; i < json_array_size(steps); i++)
        same(step[i] == json_integer_value(json_array_get(steps, i)), run->name, tag, "a step");
    for (size_t i = 0; i < json_array_size(values); i++)
        same(equal(value[i], number(json_array_get(values, i))), run->name, tag, "a value");
}

/* The series, checked for number and steps; its last point's bytes are in `last`. */
static bool compare_blobs(const leat_log_run *run, leat_series_kind kind, const char *tag, const json_t *want,
                          leat_buf *last)
{
    const leat_series *s = leat_log_run_find(run, kind, tag);
    if (!same(s != NULL && !s->has_numbers, run->name, tag, "presence"))
        return false;
    if (!same(s->n == (size_t)json_integer_value(json_object_get(want, "n")), run->name, tag, "n"))
        return false;
    const json_t *steps = json_object_get(want, "steps");
    for (size_t i = 0; i < json_array_size(steps); i++)
        same(leat_series_steps(run, s)[i] == json_integer_value(json_array_get(steps, i)), run->name, tag,
             "a step");
    leat_buf_clear(last);
    return CHECK_OK(leat_log_run_read(run, &leat_series_blobs(run, s)[s->n - 1], last));
}

static void compare_histogram(const leat_log_run *run, const char *tag, const json_t *want, leat_buf *bytes)
{
    leat_histogram_value h;
    if (!compare_blobs(run, LEAT_SERIES_HISTOGRAM, tag, want, bytes) ||
        !CHECK_OK(leat_decode_histogram(bytes->data, bytes->size, &h)))
        return;
    double total = 0;
    for (size_t i = 0; i < h.n; i++)
        total += h.buckets[i].count;
    const json_t *last = json_object_get(want, "last");
    if (last != NULL) {
        same(h.min == number(json_object_get(last, "min")), run->name, tag, "min");
        same(h.max == number(json_object_get(last, "max")), run->name, tag, "max");
        same(h.num == number(json_object_get(last, "num")), run->name, tag, "num");
        same(h.sum == number(json_object_get(last, "sum")), run->name, tag, "sum");
        same(h.sum_squares == number(json_object_get(last, "sum_squares")), run->name, tag, "sum of squares");
        same(total == number(json_object_get(last, "bucket_total")), run->name, tag, "total");
    } else {
        same(h.n == (size_t)json_integer_value(json_object_get(want, "last_buckets")), run->name, tag,
             "buckets");
        same(total == number(json_object_get(want, "last_total")), run->name, tag, "total");
        same(h.min == number(json_object_get(want, "last_min")), run->name, tag, "min");
        same(h.max == number(json_object_get(want, "last_max")), run->name, tag, "max");
    }
    leat_free(h.buckets);
}

static void compare_image(const leat_log_run *run, const char *tag, const json_t *want, leat_buf *bytes)
{
    leat_media_list images;
    if (!compare_blobs(run, LEAT_SERIES_IMAGE, tag, want, bytes) ||
        !CHECK_OK(leat_decode_images(bytes->data, bytes->size, &images)))
        return;
    same(images.width == json_integer_value(json_object_get(want, "width")), run->name, tag, "width");
    same(images.height == json_integer_value(json_object_get(want, "height")), run->name, tag, "height");
    const json_t *per_step = json_object_get(want, "images_per_step");
    same(images.n == (per_step != NULL ? (size_t)json_integer_value(per_step) : 1), run->name, tag,
         "images a step");
    /* The hash is of the last image of the last step, or of its first: whichever the fixture took. */
    bool found = false;
    for (size_t i = 0; i < images.n; i++) {
        leat_sha256 sha;
        char hex[65];
        leat_sha256_init(&sha);
        leat_sha256_update(&sha, images.items[i].data, images.items[i].size);
        leat_sha256_hex(&sha, hex);
        found |= strcmp(hex, json_string_value(json_object_get(want, "sha256_last"))) == 0;
    }
    same(found, run->name, tag, "the image");
    leat_free(images.items);
}

static void compare_text(const leat_log_run *run, const char *tag, const json_t *want, leat_buf *bytes)
{
    leat_media_list texts;
    leat_tensor_head head;
    if (!compare_blobs(run, LEAT_SERIES_TEXT, tag, want, bytes) ||
        !CHECK_OK(leat_decode_texts(bytes->data, bytes->size, &texts, &head)))
        return;
    const json_t *all = json_object_get(want, "strings");
    const json_t *last = json_array_get(all, json_array_size(all) - 1);
    same(texts.n == json_array_size(last), run->name, tag, "number of texts");
    for (size_t i = 0; i < texts.n && i < json_array_size(last); i++) {
        const char *text = json_string_value(json_array_get(last, i));
        same(texts.items[i].size == strlen(text) &&
                 memcmp(texts.items[i].data, text, texts.items[i].size) == 0,
             run->name, tag, "a text");
    }
    leat_free(texts.items);
}

static void compare_graph(const leat_log_run *run, const json_t *want)
{
    leat_buf b = {0};
    uint64_t nodes;
    const json_t *wanted = json_object_get(want, "graph_nodes");
    same(run->has_graph == json_is_integer(wanted), run->name, "graph", "presence");
    if (CHECK_OK(leat_log_run_graph_nodes(run, &b, &nodes)))
        same(nodes == (uint64_t)json_integer_value(wanted), run->name, "graph", "number of nodes");
    leat_buf_free(&b);
    const json_t *metadata = json_object_get(want, "run_metadata");
    same(run->n_metadata == json_object_size(metadata), run->name, "run metadata", "number");
    for (size_t i = 0; i < run->n_metadata; i++) {
        leat_buf bytes = {0};
        uint64_t devices = 0;
        leat_field f, g;
        same(json_object_get(metadata, run->metadata[i].tag) != NULL, run->name, run->metadata[i].tag,
             "presence");
        CHECK_OK(leat_log_run_read(run, &run->metadata[i].blob, &bytes));
        leat_wire w = leat_wire_from(bytes.data, bytes.size, 0);
        while (leat_wire_next(&w, &f)) {
            leat_wire stats = leat_wire_sub(&w, &f);
            while (f.number == 1 && leat_wire_next(&stats, &g))
                devices += g.number == 1;
        }
        same(devices == json_object_size(
                            json_object_get(json_object_get(metadata, run->metadata[i].tag), "devices")),
             run->name, run->metadata[i].tag, "devices");
        leat_buf_free(&bytes);
    }
}

static void compare_files(const leat_log_run *run, const json_t *want)
{
    for (uint32_t i = 0; i < run->n_files; i++) {
        const char *name = leat_path_base(run->files[i].path);
        const json_t *file = json_object_get(json_object_get(want, "files"), name);
        if (!same(file != NULL, run->name, name, "presence"))
            continue;
        uint64_t readable = (uint64_t)json_integer_value(json_object_get(file, "readable_bytes"));
        const char *damage = json_string_value(json_object_get(file, "damage"));
        same(run->files[i].size == (uint64_t)json_integer_value(json_object_get(file, "size")), run->name,
             name, "size");
        if (damage != NULL && strcmp(damage, "truncated record") == 0) {
            same(run->files[i].truncated && run->files[i].offset == readable, run->name, name,
                 "where it is cut");
            continue;
        }
        bool found = damage == NULL;
        for (size_t k = 0; k < run->n_damage; k++)
            found |= run->damage[k].file == i && run->damage[k].offset == readable &&
                     strcmp(run->damage[k].reason, damage != NULL ? damage : "") == 0;
        same(found && (damage != NULL || run->n_damage == 0), run->name, name, "damage");
        same(run->files[i].offset == run->files[i].size, run->name, name, "how far it was read");
    }
}

static size_t series_of(const leat_log_run *run, leat_series_kind kind)
{
    size_t n = 0;
    for (size_t i = 0; i < run->n_series; i++)
        n += run->series[i].kind == kind && run->series[i].n > 0;
    return n;
}

static void compare_run(const leat_log_run *run, const json_t *want)
{
    static const struct {
        const char *group;
        leat_series_kind kind;
        void (*compare)(const leat_log_run *, const char *, const json_t *, leat_buf *);
    } groups[] = {
        {"scalars", LEAT_SERIES_SCALAR, NULL},
        {"histograms", LEAT_SERIES_HISTOGRAM, compare_histogram},
        {"images", LEAT_SERIES_IMAGE, compare_image},
        {"text", LEAT_SERIES_TEXT, compare_text},
    };
    leat_buf bytes = {0};
    for (size_t i = 0; i < LEAT_LEN(groups); i++) {
        json_t *group = json_object_get(want, groups[i].group), *series;
        const char *tag;
        same(series_of(run, groups[i].kind) == json_object_size(group), run->name, groups[i].group,
             "number of tags");
        json_object_foreach(group, tag, series) if (groups[i].compare != NULL) groups[i].compare(
            run, tag, series, &bytes);
        else compare_scalar(run, tag, series, has_damage(want));
    }
    leat_buf_free(&bytes);
    compare_graph(run, want);
    compare_files(run, want);
}

/* The fixtures' log and expectation; false, with the test skipped, where they are not there. */
static bool open_fixtures(leat_logdir **log, json_t **want, const leat_logdir_options *options)
{
    const char *path = check_shared_path("fixtures/logs/expected.json");
    if (path == NULL) {
        check_skip("no ../shared/fixtures/logs");
        return false;
    }
    *want = json_load_file(path, 0, NULL);
    *log = NULL;
    return CHECK(*want != NULL) &&
           CHECK_OK(leat_logdir_open(log, check_shared_path("fixtures/logs"), options));
}

LEAT_TEST(fixtures_are_read_as_tensorboard_reads_them)
{
    leat_logdir *log;
    json_t *want, *one;
    const char *name;
    if (!open_fixtures(&log, &want, NULL))
        return;
    CHECK(leat_logdir_runs(log) == json_object_size(want));
    json_object_foreach(want, name, one)
    {
        const leat_log_run *run = leat_logdir_find_run(log, name);
        if (same(run != NULL, name, "the run", "presence"))
            compare_run(run, one);
    }
    leat_logdir_close(log);
    json_decref(want);
}

/* The whole listing as one text: equal for every way of splitting the work. */
LEAT_TEST(fixtures_do_not_depend_on_parts_and_threads)
{
    leat_logdir *log;
    json_t *want;
    leat_buf whole = {0};
    if (!open_fixtures(&log, &want, &(leat_logdir_options){.threads = 1, .part_bytes = 1 << 30}))
        return;
    CHECK_OK(leat_logdir_list_json(log, append_to, &whole));
    leat_logdir_close(log);
    static const uint64_t parts[] = {13, 64, 100, 1000, 4096};
    for (size_t i = 0; i < LEAT_LEN(parts); i++)
        for (unsigned threads = 1; threads <= 4; threads += 3) {
            leat_buf b = {0};
            REQUIRE_OK(leat_logdir_open(&log, check_shared_path("fixtures/logs"),
                                        &(leat_logdir_options){.threads = threads, .part_bytes = parts[i]}));
            CHECK_OK(leat_logdir_list_json(log, append_to, &b));
            CHECK_STR(b.data, whole.data);
            leat_buf_free(&b);
            leat_logdir_close(log);
        }
    leat_buf_free(&whole);
    json_decref(want);
}

static bool same_point(const json_t *a, const json_t *b)
{
    return json_array_size(a) == 2 && json_array_size(b) == 2 &&
           json_integer_value(json_array_get(a, 0)) == json_integer_value(json_array_get(b, 0)) &&
           equal(number(json_array_get(a, 1)), number(json_array_get(b, 1))) &&
           json_is_string(json_array_get(a, 1)) == json_is_string(json_array_get(b, 1));
}

LEAT_TEST(fixtures_as_the_listing_promises)
{
    leat_logdir *log;
    json_t *want, *one;
    leat_buf b = {0};
    const char *name, *tag;
    if (!open_fixtures(&log, &want, NULL))
        return;
    CHECK_OK(leat_logdir_list_json(log, append_to, &b));
    json_error_t error;
    json_t *got = json_loads(b.data, JSON_REJECT_DUPLICATES, &error);
    REQUIRE(got != NULL);
    json_object_foreach(want, name, one)
    {
        json_t *run = json_object_get(json_object_get(got, "runs"), name), *series;
        same(json_is_array(json_object_get(run, "damage")), name, "damage", "type");
        same(json_is_integer(json_object_get(run, "dropped")), name, "dropped", "type");
        same(json_equal(json_object_get(run, "graph_nodes"), json_object_get(one, "graph_nodes")) != 0, name,
             "graph_nodes", "value");
        json_object_foreach(json_object_get(one, "scalars"), tag, series)
        {
            json_t *s = json_object_get(json_object_get(run, "scalars"), tag);
            same(same_point(json_object_get(s, "first"), json_object_get(series, "first")), name, tag,
                 "first");
            if (!has_damage(one))
                same(same_point(json_object_get(s, "last"), json_object_get(series, "last")), name, tag,
                     "last");
        }
    }
    json_decref(got);
    leat_buf_free(&b);
    CHECK_OK(leat_logdir_list_text(log, append_to, &b));
    CHECK(strstr(b.data, "restart: 2 files") != NULL &&
          strstr(b.data, ":544: data checksum mismatch") != NULL);
    leat_buf_free(&b);
    leat_logdir_close(log);
    json_decref(want);
}
