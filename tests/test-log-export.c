#include "config.h"
#include "check.h"
#include "faults.h"
#include "event-builder.h"
#include "events/decode-private.h"
#include "events/export-private.h"
#include "events/reader-private.h"
#include "leat/events.h"

#include <errno.h>
#include <float.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

static leat_logdir *open_saved(const leat_buf *file)
{
    const char *dir = check_temp_dir();
    leat_logdir *log = NULL;
    build_save(file, dir, "tfevents");
    CHECK_OK(leat_logdir_open(&log, dir, NULL));
    return log;
}

static leat_logdir *open_odd_tags(void)
{
    leat_buf b = {0};
    build_version(&b, 2);
    build_scalar(&b, "=cmd|' /C calc'!A0", 1, 0.5f);
    build_scalar(&b, "-2+3", 1, -0.5f);
    build_scalar(&b, "@x", 1, NAN);
    build_scalar(&b, "plain", 1, INFINITY);
    build_scalar(&b, "a,\"b\"\n", -1, 0.1f);
    build_scalar(&b, "\033[31m", 0, 0);
    leat_logdir *log = open_saved(&b);
    leat_buf_free(&b);
    return log;
}

LEAT_TEST(csv_of_every_point_without_formulas)
{
    leat_logdir *log = open_odd_tags();
    leat_buf out = {0};
    REQUIRE(log != NULL);
    CHECK_OK(leat_logdir_export_csv(log, NULL, append_to, &out));
    CHECK_STR(out.data, "run,tag,step,wall_time,value\n"
                        ".,\033[31m,0,1000,0\n"
                        ".,'-2+3,1,1001,-0.5\n"
                        ".,'=cmd|' /C calc'!A0,1,1001,0.5\n"
                        ".,'@x,1,1001,NaN\n"
                        ".,\"a,\"\"b\"\"\n\",-1,999,0.10000000149011612\n"
                        ".,plain,1,1001,Infinity\n");
    leat_buf_clear(&out);
    CHECK_OK(leat_logdir_list_text(log, append_to, &out));
    CHECK(memchr(out.data, '\033', out.size) == NULL && strstr(out.data, "\\x1b[31m") != NULL);
    leat_buf_free(&out);
    leat_logdir_close(log);
}

LEAT_TEST(export_of_chosen_tags_and_runs)
{
    static const struct {
        leat_export_options options;
        const char *csv;
    } rows[] = {
        {{.tags = "^pl"}, "run,tag,step,wall_time,value\n.,plain,1,1001,Infinity\n"},
        {{.tags = "cmd|@", .runs = "[.]"},
         "run,tag,step,wall_time,value\n.,'=cmd|' /C calc'!A0,1,1001,0.5\n.,'@x,1,1001,NaN\n"},
        {{.runs = "none"}, "run,tag,step,wall_time,value\n"},
        {{.tags = "cmd", .smoothed = true, .smoothing = 0.5},
         "run,tag,step,wall_time,value,smoothed\n.,'=cmd|' /C calc'!A0,1,1001,0.5,0.5\n"},
    };
    leat_logdir *log = open_odd_tags();
    REQUIRE(log != NULL);
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_buf out = {0};
        CHECK_OK(leat_logdir_export_csv(log, &rows[i].options, append_to, &out));
        CHECK_STR(out.data, rows[i].csv);
        leat_buf_clear(&out);
        CHECK_OK(leat_logdir_export_json(log, &rows[i].options, append_to, &out));
        json_t *parsed = json_loads(out.data, JSON_REJECT_DUPLICATES, NULL);
        CHECK(parsed != NULL);
        json_decref(parsed);
        leat_buf_free(&out);
    }
    leat_buf out = {0};
    CHECK_FAILS(leat_logdir_export_csv(log, &(leat_export_options){.tags = "("}, append_to, &out),
                LEAT_ERR_INVALID_ARGUMENT, "pattern '(' for tags");
    leat_buf_free(&out);
    leat_logdir_close(log);
}

static leat_status full(void *user, const void *bytes, size_t n)
{
    (void)user, (void)bytes, (void)n;
    return leat_fail(LEAT_ERR_IO, "no room");
}

LEAT_TEST(export_stops_where_its_output_fails)
{
    leat_logdir *log = open_odd_tags();
    REQUIRE(log != NULL);
    CHECK_FAILS(leat_logdir_export_csv(log, NULL, full, NULL), LEAT_ERR_IO, "no room");
    CHECK_FAILS(leat_logdir_export_json(log, NULL, full, NULL), LEAT_ERR_IO, "no room");
    leat_logdir_close(log);
}

/* ---- JSON, with everything that is no number ---- */

static leat_logdir *open_everything(void)
{
    const char *dir = check_temp_dir();
    leat_event_writer *w;
    leat_logdir *log = NULL;
    const double values[] = {-2, 0, 0.5, 0.5, 3};
    if (!CHECK_OK(leat_event_writer_open(&w, dir, NULL)))
        return NULL;
    CHECK_OK(leat_add_histogram(w, "h", values, LEAT_LEN(values), 4));
    CHECK_OK(leat_add_histogram(w, "h", NULL, 0, 5));
    CHECK_OK(leat_add_text(w, "t", "caf\xc3\xa9 </script>", 6));
    CHECK_OK(leat_add_scalar(w, "s", 1, 7));
    CHECK_OK(leat_event_writer_close(w));
    CHECK_OK(leat_logdir_open(&log, dir, NULL));
    return log;
}

LEAT_TEST(json_of_histograms_and_texts)
{
    leat_logdir *log = open_everything();
    leat_buf out = {0};
    REQUIRE(log != NULL);
    CHECK_OK(leat_logdir_export_json(log, NULL, append_to, &out));
    CHECK(strstr(out.data, "</script>") == NULL);
    json_t *all = json_loads(out.data, JSON_REJECT_DUPLICATES, NULL);
    json_t *run = json_object_get(json_object_get(all, "runs"), ".");
    json_t *h = json_object_get(json_object_get(run, "histograms"), "h");
    REQUIRE(json_array_size(h) == 2);
    json_t *buckets = json_object_get(json_array_get(h, 0), "buckets");
    double total = 0;
    for (size_t i = 0; i < json_array_size(buckets); i++)
        total += json_number_value(json_array_get(json_array_get(buckets, i), 2));
    json_t *last = json_array_get(buckets, json_array_size(buckets) - 1);
    CHECK(total == 5 && json_number_value(json_array_get(json_array_get(buckets, 0), 0)) == -2);
    CHECK(json_number_value(json_array_get(last, 1)) == 3);
    CHECK(json_array_size(json_object_get(json_array_get(h, 1), "buckets")) == 0);
    json_t *text = json_array_get(json_object_get(json_object_get(run, "text"), "t"), 0);
    CHECK(json_integer_value(json_object_get(text, "step")) == 6);
    CHECK_STR(json_string_value(json_array_get(json_object_get(text, "text"), 0)), "caf\xc3\xa9 </script>");
    json_decref(all);
    leat_buf_free(&out);
    leat_logdir_close(log);
}

static leat_logdir *open_media_and_tensors(void)
{
    leat_buf b = {0}, image = {0}, audio = {0}, number = {0}, vector = {0}, words = {0};
    leat_put_uint(&image, 1, 7); /* height */
    leat_put_uint(&image, 2, 5); /* width */
    leat_put_bytes(&image, 4, "\x89PNG", 4);
    leat_put_float(&audio, 1, 8000);
    build_tensor(&number, LEAT_DT_FLOAT, "", 5, "\0\0\x80\x3f", 4);
    build_tensor(&vector, LEAT_DT_FLOAT, "2", 5, "\0\0\x80\x3f\0\0\xc0\x7f", 8);
    build_tensor(&words, LEAT_DT_STRING, "1,1", 8, "a\xff", 2);
    build_version(&b, 2);
    build_value(&b, "i", 1, LEAT_VALUE_IMAGE, image.data, image.size, NULL);
    build_value(&b, "i", 2, LEAT_VALUE_IMAGE, "", 0, NULL);
    build_value(&b, "s", 1, LEAT_VALUE_AUDIO, audio.data, audio.size, NULL);
    build_value(&b, "t", 1, LEAT_VALUE_TENSOR, vector.data, vector.size, "own");
    build_value(&b, "t", 2, LEAT_VALUE_TENSOR, number.data, number.size, NULL);
    build_value(&b, "t", 3, LEAT_VALUE_TENSOR, words.data, words.size, NULL);
    build_value(&b, "t", 4, LEAT_VALUE_TENSOR, "\x08\x01\x12\x04\x12\x02\x08\x02\x22\x01x", 11, NULL);
    build_value(&b, "u", 1, 0, NULL, 0, "own");
    leat_logdir *log = open_saved(&b);
    leat_buf *const all[] = {&b, &image, &audio, &number, &vector, &words};
    for (size_t i = 0; i < LEAT_LEN(all); i++)
        leat_buf_free(all[i]);
    return log;
}

LEAT_TEST(json_of_media_and_tensors)
{
    leat_logdir *log = open_media_and_tensors();
    leat_buf out = {0};
    REQUIRE(log != NULL);
    CHECK_OK(leat_logdir_export_json(log, NULL, append_to, &out));
    CHECK_STR(
        strstr(out.data, "\"images\""),
        "\"images\": {\n"
        "\"i\": [{\"step\": 1, \"wall_time\": 1001, \"width\": 5, \"height\": 7, \"images\": [\"iVBORw==\"]}, "
        "{\"step\": 2, \"wall_time\": 1002, \"width\": 0, \"height\": 0, \"images\": [\"\"]}]},\n"
        "\"audio\": {\n"
        "\"s\": [{\"step\": 1, \"wall_time\": 1001, \"sample_rate\": 8000, \"clips\": [\"\"]}]},\n"
        "\"text\": {},\n"
        "\"tensors\": {\n"
        "\"t\": [{\"step\": 2, \"wall_time\": 1002, \"values\": [1]}, "
        "{\"step\": 1, \"wall_time\": 1001, \"shape\": [2], \"values\": [1,\"NaN\"]}, "
        "{\"step\": 3, \"wall_time\": 1003, \"shape\": [1, 1], \"values\": [\"a\\\\xff\"]}, "
        "{\"step\": 4, \"wall_time\": 1004, \"error\": \"the tensor's content does not fit its shape\"}],\n"
        "\"u\": [{\"step\": 1, \"wall_time\": 1001}]}}}}\n");
    leat_buf_free(&out);
    leat_logdir_close(log);
}

/* TensorBoard keeps such tags apart, and so do all our readers; in JSON they are the strings that they are. */
LEAT_TEST(tags_with_a_nul_stay_apart)
{
    leat_buf b = {0}, out = {0};
    build_version(&b, 2);
    build_scalar_n(&b, "a\0b", 3, 1, 1);
    build_scalar_n(&b, "a\0c", 3, 1, 2);
    build_event(&b, 1000, 7, LEAT_EVENT_TAGGED_RUN_METADATA, "\x0a\x03m\0x\x12\x00", 7);
    build_event(&b, 1000, 8, LEAT_EVENT_TAGGED_RUN_METADATA, "\x0a\x03m\0y\x12\x00", 7);
    leat_logdir *log = open_saved(&b);
    REQUIRE(log != NULL);
    CHECK(leat_log_run_find(leat_logdir_run(log, 0), LEAT_SERIES_SCALAR, "a") == NULL);
    CHECK_OK(leat_logdir_list_json(log, append_to, &out));
    CHECK(strstr(out.data, "\"a\\u0000b\": {\"n\": 1") != NULL &&
          strstr(out.data, "\"a\\u0000c\": {\"n\": 1") != NULL);
    CHECK(strstr(out.data, "\"m\\u0000x\": {\"n\": 1}, \"m\\u0000y\": {\"n\": 1}") != NULL);
    leat_buf_clear(&out);
    CHECK_OK(leat_logdir_export_csv(log, NULL, append_to, &out));
    CHECK_STR(out.data, "run,tag,step,wall_time,value\n.,a\\x00b,1,1001,1\n.,a\\x00c,1,1001,2\n");
    leat_buf_clear(&out);
    CHECK_OK(leat_logdir_export_csv(log, &(leat_export_options){.tags = "c$"}, append_to, &out));
    CHECK_STR(out.data, "run,tag,step,wall_time,value\n.,a\\x00c,1,1001,2\n");
    leat_buf_free(&out);
    leat_buf_free(&b);
    leat_logdir_close(log);
}

LEAT_TEST(exports_when_each_allocation_fails)
{
    leat_logdir *log = open_everything();
    REQUIRE(log != NULL);
    for (int what = 0; what < 4; what++)
        EACH_FAULT (f, LEAT_FAULT_ALLOC, ENOMEM) {
            leat_buf out = {0};
            fault_start(&f);
            leat_export_options o = {.smoothed = true, .smoothing = 0.5};
            leat_status status = what == 0   ? leat_logdir_export_csv(log, &o, append_to, &out)
                                 : what == 1 ? leat_logdir_export_json(log, &o, append_to, &out)
                                 : what == 2 ? leat_logdir_list_json(log, append_to, &out)
                                             : leat_logdir_list_text(log, append_to, &out);
            CHECK(status == (fault_end(&f) ? LEAT_ERR_NO_MEMORY : LEAT_OK));
            leat_buf_free(&out);
        }
    leat_logdir_close(log);
}

/* ---- what else summaries hold ---- */

/* A Summary.Value with one field of bytes. */
static void build_bytes(leat_buf *value, uint32_t field, const leat_buf *payload)
{
    leat_buf_clear(value);
    leat_put_string(value, LEAT_VALUE_TAG, "x");
    leat_put_bytes(value, field, payload->data, payload->size);
}

static void put_shape(leat_buf *b, int dtype, size_t rows, size_t columns)
{
    const size_t dims[2] = {rows, columns};
    leat_put_uint(b, 1, (uint64_t)dtype);
    size_t shape = leat_put_begin(b, 2);
    for (int i = 0; i < 2; i++) {
        size_t dim = leat_put_begin(b, 2);
        leat_put_uint(b, 1, dims[i]);
        leat_put_end(b, dim);
    }
    leat_put_end(b, shape);
}

LEAT_TEST(audio_of_both_forms)
{
    leat_buf payload = {0}, value = {0};
    leat_media_list clips;
    leat_put_float(&payload, 1, 44100);
    leat_put_bytes(&payload, 4, "RIFF", 4);
    build_bytes(&value, LEAT_VALUE_AUDIO, &payload);
    REQUIRE_OK(leat_decode_audio(value.data, value.size, &clips));
    CHECK(clips.n == 1 && clips.sample_rate == 44100 && memcmp(clips.items[0].data, "RIFF", 4) == 0);
    leat_free(clips.items);

    leat_buf_clear(&payload);
    put_shape(&payload, LEAT_DT_STRING, 2, 2);
    static const char *const strings[] = {"one", "label", "two", ""};
    for (size_t i = 0; i < 4; i++)
        leat_put_string(&payload, 8, strings[i]);
    build_bytes(&value, LEAT_VALUE_TENSOR, &payload);
    REQUIRE_OK(leat_decode_audio(value.data, value.size, &clips));
    CHECK(clips.n == 2 && memcmp(clips.items[1].data, "two", 3) == 0);
    leat_free(clips.items);
    CHECK_FAILS(leat_decode_audio("", 0, &clips), LEAT_ERR_DATA_LOSS, "no audio");
    leat_buf_free(&payload);
    leat_buf_free(&value);
}

LEAT_TEST(pr_curves_are_tensors)
{
    leat_buf payload = {0}, value = {0};
    float numbers[12];
    for (int i = 0; i < 12; i++)
        numbers[i] = (float)i / 4;
    put_shape(&payload, LEAT_DT_FLOAT, 6, 2);
    leat_put_bytes(&payload, 4, numbers, sizeof numbers);
    build_bytes(&value, LEAT_VALUE_TENSOR, &payload);
    leat_tensor_head head;
    double *values;
    REQUIRE_OK(leat_decode_tensor(value.data, value.size, &head, &values));
    CHECK(head.rank == 2 && head.dims[0] == 6 && head.dims[1] == 2 && values[11] == 2.75);
    leat_free(values);
    /* One value for many elements: a few bytes must not become many. */
    for (size_t rows = 4096; rows <= 4097; rows++) {
        leat_buf_clear(&payload);
        put_shape(&payload, LEAT_DT_FLOAT, rows, 1);
        leat_put_float(&payload, 5, 2.5f);
        build_bytes(&value, LEAT_VALUE_TENSOR, &payload);
        leat_status status = leat_decode_tensor(value.data, value.size, &head, &values);
        CHECK(status == (rows == 4096 ? LEAT_OK : LEAT_ERR_OUT_OF_RANGE));
        CHECK(status != LEAT_OK || values[4095] == 2.5);
        leat_free(values);
    }
    leat_buf_free(&payload);
    leat_buf_free(&value);
}

LEAT_TEST(bad_summaries_are_refused)
{
    static const struct {
        size_t rows, columns, bytes;
        const char *reason;
    } rows[] = {
        {2, 3, 20, "does not fit its shape"},
        {2, 2, 16, "shape [k, 3]"},
        {(size_t)1 << 40, 3, 0, "more than the limit"},
        {(size_t)1 << 62, 4, 0, "malformed tensor"},
    };
    static const char zeros[64];
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_buf payload = {0}, value = {0};
        leat_histogram_value h;
        put_shape(&payload, LEAT_DT_FLOAT, rows[i].rows, rows[i].columns);
        leat_put_bytes(&payload, 4, zeros, rows[i].bytes);
        build_bytes(&value, LEAT_VALUE_TENSOR, &payload);
        leat_status status = leat_decode_histogram(value.data, value.size, &h);
        CHECK(status != LEAT_OK && strstr(leat_message(), rows[i].reason) != NULL && h.buckets == NULL);
        leat_buf_free(&payload);
        leat_buf_free(&value);
    }
}

/* The outermost limits may be +-DBL_MAX: TensorBoard shows the smallest and largest value in their place. */
LEAT_TEST(histograms_lose_their_empty_ends)
{
    const double limits[] = {-1, 0, 1, DBL_MAX}, counts[] = {0, 2, 0, 3};
    const leat_histogram_sums sums = {.min = -0.5, .max = 7, .num = 5};
    leat_buf value = {0};
    leat_histogram_value h;
    leat_put_histogram(&value, LEAT_VALUE_HISTO, &sums, limits, counts, 4);
    REQUIRE_OK(leat_decode_histogram(value.data, value.size, &h));
    REQUIRE(h.n == 3);
    CHECK(h.buckets[0].left == -0.5 && h.buckets[0].right == 0 && h.buckets[0].count == 2);
    CHECK(h.buckets[1].left == 0 && h.buckets[1].right == 1 && h.buckets[1].count == 0);
    CHECK(h.buckets[2].left == 1 && h.buckets[2].right == 7 && h.buckets[2].count == 3);
    leat_free(h.buckets);
    leat_buf_free(&value);
}
