/* In which forms values are written, and of which kind the series are then. */
#include "config.h"
#include "check.h"
#include "event-builder.h"
#include "events/decode-private.h"
#include "events/export-private.h"
#include "events/reader-private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NAME "events.out.tfevents.1500000000.box"

static leat_logdir *open_log(const char *dir, const leat_logdir_options *options)
{
    leat_logdir *log = NULL;
    CHECK_OK(leat_logdir_open(&log, dir, options));
    return log;
}

LEAT_TEST(tensor_scalars_of_every_dtype)
{
    static const struct {
        int dtype;
        uint32_t field;
        const char *bytes;
        size_t size;
        double value;
    } rows[] = {
        {LEAT_DT_FLOAT, 4, "\0\0\x20\x40", 4, 2.5},
        {LEAT_DT_FLOAT, 5, "\0\0\x20\x40", 4, 2.5},
        {LEAT_DT_DOUBLE, 4, "\x9a\x99\x99\x99\x99\x99\xb9\x3f", 8, 0.1},
        {LEAT_DT_DOUBLE, 6, "\x9a\x99\x99\x99\x99\x99\xb9\x3f", 8, 0.1},
        {LEAT_DT_INT32, 4, "\xfe\xff\xff\xff", 4, -2},
        {LEAT_DT_INT32, 7, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10, -2},
        {LEAT_DT_INT64, 4, "\xfe\xff\xff\xff\xff\xff\xff\xff", 8, -2},
        {LEAT_DT_INT64, 10, "\x80\x01", 2, 128},
        {LEAT_DT_INT16, 4, "\xfe\xff", 2, -2},
        {LEAT_DT_INT8, 4, "\xfe", 1, -2},
        {LEAT_DT_INT8, 7, "\x05", 1, 5},
        {LEAT_DT_UINT8, 4, "\xfe", 1, 254},
        {LEAT_DT_UINT16, 4, "\xfe\xff", 2, 65534},
        {LEAT_DT_UINT32, 4, "\xfe\xff\xff\xff", 4, 4294967294.0},
        {LEAT_DT_UINT32, 16, "\x07", 1, 7},
        {LEAT_DT_UINT64, 4, "\0\0\0\0\0\0\0\x80", 8, 9223372036854775808.0},
        {LEAT_DT_UINT64, 17, "\x07", 1, 7},
        {LEAT_DT_BOOL, 4, "\x01", 1, 1},
        {LEAT_DT_BOOL, 11, "\x01", 1, 1},
        {LEAT_DT_HALF, 4, "\x00\x3e", 2, 1.5},
        {LEAT_DT_HALF, 13, "\x80\x7c", 2, 1.5},
        {LEAT_DT_HALF, 4, "\x01\x00", 2, 5.9604644775390625e-08},
        {LEAT_DT_HALF, 4, "\x00\xfc", 2, -INFINITY},
        {LEAT_DT_BFLOAT16, 4, "\xc0\xbf", 2, -1.5},
        {LEAT_DT_FLOAT8_E5M2, 4, "\x3e", 1, 1.5},
        {LEAT_DT_FLOAT8_E4M3FN, 4, "\xbc", 1, -1.5},
        {LEAT_DT_FLOAT8_E4M3FN, 4, "\x7e", 1, 448},
        {LEAT_DT_FLOAT, 99, "", 0, 0}, /* no value: zero, as TensorFlow reads it */
    };
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        const char *dir = check_temp_dir();
        leat_buf b = {0}, tensor = {0};
        build_tensor(&tensor, rows[i].dtype, i % 2 ? "" : "1", rows[i].field, rows[i].bytes, rows[i].size);
        build_version(&b, 2);
        build_value(&b, "x", 1, LEAT_VALUE_TENSOR, tensor.data, tensor.size, "scalars");
        build_value(&b, "x", 2, LEAT_VALUE_TENSOR, tensor.data, tensor.size, NULL); /* metadata only once */
        build_save(&b, dir, NAME);
        leat_logdir *log = open_log(dir, NULL);
        REQUIRE(log != NULL);
        const leat_log_run *run = leat_logdir_run(log, 0);
        const leat_series *s = leat_log_run_find(run, LEAT_SERIES_SCALAR, "x");
        if (CHECK(s != NULL && s->n == 2))
            CHECK(leat_series_values(run, s)[0] == rows[i].value &&
                  leat_series_values(run, s)[1] == rows[i].value);
        leat_logdir_close(log);
        leat_buf_free(&b);
        leat_buf_free(&tensor);
    }
}

LEAT_TEST(series_get_their_kind_from_the_first_metadata)
{
    const char *dir = check_temp_dir();
    leat_buf b = {0}, number = {0}, text = {0}, vector = {0};
    build_tensor(&number, LEAT_DT_FLOAT, "", 5, "\0\0\x80\x3f", 4);
    build_tensor(&text, LEAT_DT_STRING, "", 8, "hello", 5);
    build_tensor(&vector, LEAT_DT_FLOAT, "2", 5, "\0\0\x80\x3f\0\0\0\x40", 8);
    build_version(&b, 2);
    build_value(&b, "t", 0, LEAT_VALUE_TENSOR, text.data, text.size, "text");
    build_value(&b, "mine", 0, LEAT_VALUE_TENSOR, number.data, number.size, "my_plugin");
    build_value(&b, "mine", 1, LEAT_VALUE_TENSOR, vector.data, vector.size, NULL);
    build_value(&b, "bare", 1, LEAT_VALUE_TENSOR, vector.data, vector.size, NULL);
    build_value(&b, "_hparams_/session_start_info", 0, 0, NULL, 0, "hparams");
    build_scalar(&b, "both", 0, 1);
    build_value(&b, "both", 1, LEAT_VALUE_TENSOR, number.data, number.size, NULL);
    build_value(&b, "both", 2, LEAT_VALUE_HISTO, "", 0, NULL);
    build_value(&b, "wrong", 2, LEAT_VALUE_TENSOR, vector.data, vector.size, "scalars");
    build_save(&b, dir, NAME);
    for (int parts = 0; parts < 2; parts++) {
        leat_logdir *log = open_log(dir, &(leat_logdir_options){.part_bytes = parts ? 30 : 0});
        leat_buf out = {0};
        REQUIRE(log != NULL);
        CHECK_OK(leat_logdir_list_json(log, append_to, &out));
        CHECK(strstr(out.data, "\"scalars\": {\"both\": {\"n\": 2, \"first\": [0, 1], \"last\": [1, 1]}}") !=
              NULL);
        CHECK(strstr(out.data, "\"histograms\": {\"both\": {\"n\": 1}}, \"images\": {}") != NULL);
        CHECK(strstr(out.data, "\"text\": {\"t\": {\"n\": 1}}") != NULL);
        CHECK(strstr(out.data,
                     "\"tensors\": {\"_hparams_/session_start_info\": {\"n\": 1, \"plugin\": \"hparams\"}, "
                     "\"bare\": {\"n\": 1, \"plugin\": \"\"}, "
                     "\"mine\": {\"n\": 2, \"plugin\": \"my_plugin\"}, "
                     "\"wrong\": {\"n\": 1, \"plugin\": \"scalars\"}}") != NULL);
        CHECK(strstr(out.data, "\"graph_nodes\": null, \"dropped\": 0, \"damage\": []") != NULL);
        leat_buf_free(&out);
        leat_logdir_close(log);
    }
    leat_buf_free(&b);
    leat_buf_free(&number);
    leat_buf_free(&text);
    leat_buf_free(&vector);
}

/* Tags that follow each other and say the same share their metadata in memory; what differs stays apart. */
LEAT_TEST(metadata_belong_to_their_tag)
{
    static const struct {
        const char *tag, *plugin, *display;
    } rows[] = {
        {"a", "scalars", ""}, {"b", "scalars", ""},       {"c", "scalars", "C"}, {"d", "scalars", "D"},
        {"e", "mine", "D"},   {"f", "mine", "D"},         {"g", "", ""},         {"h", "", ""},
        {"i", "min", "D"},    {"j", "scalars", "Display"}};
    const char *dir = check_temp_dir();
    leat_buf b = {0};
    build_version(&b, 2);
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        leat_buf value = {0};
        leat_put_string(&value, LEAT_VALUE_TAG, rows[i].tag);
        size_t metadata = leat_put_begin(&value, LEAT_VALUE_METADATA);
        size_t plugin = leat_put_begin(&value, 1);
        leat_put_string(&value, 1, rows[i].plugin);
        leat_put_end(&value, plugin);
        leat_put_string(&value, 2, rows[i].display);
        leat_put_end(&value, metadata);
        leat_put_float(&value, LEAT_VALUE_SIMPLE, 1);
        leat_buf summary = {0};
        leat_put_bytes(&summary, 1, value.data, value.size);
        build_event(&b, 1000, 0, LEAT_EVENT_SUMMARY, summary.data, summary.size);
        leat_buf_free(&summary);
        leat_buf_free(&value);
    }
    build_save(&b, dir, NAME);
    leat_buf_free(&b);
    leat_logdir *log = open_log(dir, NULL);
    REQUIRE(log != NULL);
    const leat_log_run *run = leat_logdir_run(log, 0);
    REQUIRE(run->n_series == LEAT_LEN(rows));
    for (size_t i = 0; i < LEAT_LEN(rows); i++) {
        const leat_summary_metadata *m = run->series[i].metadata;
        CHECK_STR(run->series[i].tag, rows[i].tag);
        REQUIRE(m != NULL);
        CHECK_STR(m->plugin, rows[i].plugin);
        CHECK_STR(m->display_name, rows[i].display);
    }
    leat_logdir_close(log);
}

LEAT_TEST(graphs_newest_wins_and_graph_def_before_meta_graph)
{
    const char *dir = check_temp_dir();
    leat_buf b = {0}, graphs[3] = {{0}, {0}, {0}}, meta = {0};
    for (size_t i = 0; i < 3; i++)
        for (size_t n = 0; n <= i; n++)
            leat_put_bytes(&graphs[i], 1, "\x0a\x01n", 3);
    leat_put_bytes(&meta, 2, graphs[2].data, graphs[2].size);
    build_version(&b, 2);
    build_event(&b, 1, 0, LEAT_EVENT_META_GRAPH_DEF, meta.data, meta.size);
    build_save(&b, dir, "tfevents.0");
    leat_logdir *log = open_log(dir, NULL);
    REQUIRE(log != NULL);
    uint64_t nodes = 0;
    leat_buf scratch = {0};
    CHECK_OK(leat_log_run_graph_nodes(leat_logdir_run(log, 0), &scratch, &nodes));
    CHECK(nodes == 3 && leat_logdir_run(log, 0)->graph_is_from_meta);
    build_event(&b, 1, 0, LEAT_EVENT_GRAPH_DEF, graphs[0].data, graphs[0].size);
    build_event(&b, 1, 0, LEAT_EVENT_GRAPH_DEF, graphs[1].data, graphs[1].size);
    build_event(&b, 1, 0, LEAT_EVENT_META_GRAPH_DEF, meta.data, meta.size);
    build_save(&b, dir, "tfevents.1");
    bool changed;
    CHECK_OK(leat_logdir_refresh(log, &changed));
    CHECK_OK(leat_log_run_graph_nodes(leat_logdir_run(log, 0), &scratch, &nodes));
    CHECK(nodes == 2 && !leat_logdir_run(log, 0)->graph_is_from_meta &&
          leat_logdir_run(log, 0)->graph_events == 2);
    CHECK(leat_logdir_run(log, 0)->has_meta_graph);
    leat_logdir_close(log);
    leat_buf_free(&scratch);
    leat_buf_free(&b);
    leat_buf_free(&meta);
    for (size_t i = 0; i < 3; i++)
        leat_buf_free(&graphs[i]);
}

LEAT_TEST(hyperparameters)
{
    const char *dir = check_temp_dir();
    leat_buf data = {0}, b = {0}, value = {0}, summary = {0};
    size_t info = leat_put_begin(&data, 3);
    static const char *const names[] = {"rate", "name", "flag"};
    for (int i = 0; i < 3; i++) {
        size_t entry = leat_put_begin(&data, 1);
        leat_put_string(&data, 1, names[i]);
        size_t v = leat_put_begin(&data, 2);
        if (i == 0)
            leat_put_double(&data, 2, 0.1);
        else if (i == 1)
            leat_put_string(&data, 3, "adam");
        else
            leat_put_uint(&data, 4, 1);
        leat_put_end(&data, v);
        leat_put_end(&data, entry);
    }
    leat_put_end(&data, info);
    leat_put_string(&value, LEAT_VALUE_TAG, "_hparams_/session_start_info");
    size_t metadata = leat_put_begin(&value, LEAT_VALUE_METADATA);
    size_t plugin = leat_put_begin(&value, 1);
    leat_put_string(&value, 1, "hparams");
    leat_put_bytes(&value, 2, data.data, data.size);
    leat_put_end(&value, plugin);
    leat_put_end(&value, metadata);
    leat_put_bytes(&summary, 1, value.data, value.size);
    build_version(&b, 2);
    build_event(&b, 5, 0, LEAT_EVENT_SUMMARY, summary.data, summary.size);
    build_save(&b, dir, NAME);
    leat_logdir *log = open_log(dir, NULL);
    REQUIRE(log != NULL);
    leat_hparams h;
    REQUIRE_OK(leat_log_run_hparams(leat_logdir_run(log, 0), &h));
    REQUIRE(h.n == 3);
    CHECK(strcmp(h.items[0].name, "flag") == 0 && h.items[0].kind == LEAT_HPARAM_BOOL &&
          h.items[0].number == 1);
    CHECK(strcmp(h.items[1].name, "name") == 0 && strcmp(h.items[1].text, "adam") == 0);
    CHECK(strcmp(h.items[2].name, "rate") == 0 && h.items[2].number == 0.1);
    leat_hparams_free(&h);
    leat_logdir_close(log);
    leat_buf_free(&b);
    leat_buf_free(&data);
    leat_buf_free(&value);
    leat_buf_free(&summary);
}
