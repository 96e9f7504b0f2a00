/* The ops of a saver, in graphs as TensorFlow's savers make them. */
#include "config.h"
#include "check.h"
#include <errno.h>
#include <leat.h>
#include "base/fault-private.h"
#include "base/file-private.h"
#include "engine/files/graphdef-private.h"
#include "engine/files/saver-private.h"

#include <stdio.h>
#include <string.h>

typedef struct saver_graph {
    leat_graph *graph;
    leat_session *session;
    char dir[4000];
} saver_graph;

static void begin(saver_graph *s)
{
    s->graph = leat_graph_new();
    s->session = NULL;
    snprintf(s->dir, sizeof s->dir, "%s", check_temp_dir());
}

static void end(saver_graph *s)
{
    leat_session_free(s->session);
    leat_graph_free(s->graph);
}

static leat_out strings(leat_graph *g, int rank, size_t n, const char *const *texts)
{
    leat_tensor *t = leat_tensor_from(LEAT_STRING, leat_shape_of(rank, (int64_t[]){(int64_t)n}), texts);
    leat_out out = leat_constant(g, t);
    leat_tensor_unref(t);
    return out;
}

static leat_out prefix_in(saver_graph *s, const char *name)
{
    char path[4200];
    const char *text = path;
    snprintf(path, sizeof path, "%s/%s", s->dir, name);
    return strings(s->graph, 0, 1, &text);
}

static leat_out numbers(leat_graph *g, leat_shape shape, float first)
{
    float values[64];
    for (int i = 0; i < 64; i++)
        values[i] = first + (float)i;
    leat_tensor *t = leat_tensor_from(LEAT_FLOAT, shape, values);
    leat_out out = leat_constant(g, t);
    leat_tensor_unref(t);
    return out;
}

static leat_op *save_op(saver_graph *s, leat_out prefix, size_t n, const char *const *names,
                        const char *const *specs, const leat_out *tensors)
{
    leat_out inputs[] = {prefix, strings(s->graph, 1, n, names), strings(s->graph, 1, n, specs)};
    leat_op_builder *b = leat_op_begin(s->graph, "SaveV2", NULL);
    for (int i = 0; i < 3; i++)
        leat_op_add_input(b, inputs[i]);
    leat_op_add_input_list(b, tensors, n);
    return leat_op_end(b);
}

static leat_op *restore_op(saver_graph *s, leat_out prefix, size_t n, const char *const *names,
                           const char *const *specs, const leat_dtype *dtypes)
{
    leat_out inputs[] = {prefix, strings(s->graph, 1, n, names), strings(s->graph, 1, n, specs)};
    leat_op_builder *b = leat_op_begin(s->graph, "RestoreV2", NULL);
    for (int i = 0; i < 3; i++)
        leat_op_add_input(b, inputs[i]);
    leat_op_set_type_list(b, "dtypes", dtypes, n);
    return leat_op_end(b);
}

static leat_status run_op(saver_graph *s, leat_op *op)
{
    leat_session_free(s->session);
    leat_status status = leat_session_open(&s->session, s->graph, NULL);
    return status != LEAT_OK ? status
                             : leat_run(s->session, LEAT_NO_FEEDS, LEAT_NO_FETCHES, LEAT_TARGETS(op));
}

static leat_status eval(saver_graph *s, leat_op *op, int i, leat_tensor **value)
{
    leat_session_free(s->session);
    leat_status status = leat_session_open(&s->session, s->graph, NULL);
    return status != LEAT_OK ? status : leat_eval(s->session, leat_op_output(op, i), value);
}

LEAT_TEST(every_dtype_is_saved_and_restored)
{
    static const leat_dtype dtypes[] = {LEAT_FLOAT,    LEAT_DOUBLE,     LEAT_INT32,  LEAT_UINT8,
                                        LEAT_INT16,    LEAT_INT8,       LEAT_STRING, LEAT_COMPLEX64,
                                        LEAT_INT64,    LEAT_BOOL,       LEAT_HALF,   LEAT_UINT16,
                                        LEAT_BFLOAT16, LEAT_COMPLEX128, LEAT_UINT32, LEAT_UINT64};
    enum { COUNT = sizeof dtypes / sizeof dtypes[0] };
    static const char *const texts[] = {"one", "", "three\nlines", "caf\xc3\xa9", "5", "6"};
    const char *names[COUNT], *specs[COUNT];
    leat_out tensors[COUNT];
    leat_tensor *values[COUNT];
    uint8_t bytes[96];
    saver_graph s;
    begin(&s);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i % 2); /* good for bool too */
    for (int i = 0; i < COUNT; i++) {
        names[i] = leat_dtype_name(dtypes[i]);
        specs[i] = "";
        values[i] = leat_tensor_from(dtypes[i], LEAT_SHAPE(2, 3),
                                     dtypes[i] == LEAT_STRING ? (const void *)texts : bytes);
        tensors[i] = leat_constant(s.graph, values[i]);
    }
    leat_out prefix = prefix_in(&s, "m");
    leat_op *save = save_op(&s, prefix, COUNT, names, specs, tensors);
    leat_op *restore = restore_op(&s, prefix, COUNT, names, specs, dtypes);
    CHECK_OK(run_op(&s, save));
    for (int i = 0; i < COUNT; i++) {
        leat_tensor *got = NULL;
        REQUIRE_OK(eval(&s, restore, i, &got));
        CHECK(leat_tensor_dtype(got) == dtypes[i] && leat_tensor_elements(got) == 6);
        for (int64_t k = 0; k < 6 && dtypes[i] == LEAT_STRING; k++)
            CHECK_STR(leat_tensor_string(got, k, NULL), texts[k]);
        if (dtypes[i] != LEAT_STRING)
            CHECK(memcmp(leat_tensor_data(got), leat_tensor_data(values[i]), leat_tensor_bytes(got)) == 0);
        leat_tensor_unref(got);
        leat_tensor_unref(values[i]);
    }
    end(&s);
}

LEAT_TEST(slices_are_saved_and_restored)
{
    static const char *const names[] = {"t", "t"}, *const specs[] = {"5 3 0,2:-", "5 3 2,3:0,3"};
    static const char *const part[] = {"5 3 1,2:1,2"}, *const whole[] = {""};
    static const leat_dtype dtype = LEAT_FLOAT;
    saver_graph s;
    begin(&s);
    leat_out prefix = prefix_in(&s, "m");
    leat_out tensors[] = {numbers(s.graph, LEAT_SHAPE(2, 3), 0), numbers(s.graph, LEAT_SHAPE(3, 3), 6)};
    leat_op *save = save_op(&s, prefix, 2, names, specs, tensors);
    leat_op *all = restore_op(&s, prefix, 1, names, whole, &dtype);
    leat_op *some = restore_op(&s, prefix, 1, names, part, &dtype);
    char text[100];
    CHECK_STR(leat_shape_print(leat_out_shape(leat_op_output(some, 0)), text, sizeof text), "(2, 2)");
    CHECK_OK(run_op(&s, save));
    leat_tensor *got = NULL;
    REQUIRE_OK(eval(&s, all, 0, &got));
    CHECK(leat_tensor_rank(got) == 2 && leat_tensor_dim(got, 0) == 5 && leat_tensor_dim(got, 1) == 3);
    for (int i = 0; i < 15; i++)
        CHECK(((const float *)leat_tensor_data(got))[i] == (float)i);
    REQUIRE_OK(eval(&s, some, 0, &got));
    static const float want[] = {4, 5, 7, 8};
    CHECK(leat_tensor_bytes(got) == sizeof want && memcmp(leat_tensor_data(got), want, sizeof want) == 0);
    leat_tensor_unref(got);
    end(&s);
}

/* As a saver with sharded=True makes it: a part for each device, then the merge. */
LEAT_TEST(parts_are_merged)
{
    static const char *const a[] = {"a"}, *const b[] = {"b"}, *const both[] = {"b", "a"},
                             *const specs[] = {"", ""};
    static const leat_dtype dtypes[] = {LEAT_FLOAT, LEAT_FLOAT};
    saver_graph s;
    begin(&s);
    leat_graph *g = s.graph;
    leat_out to = prefix_in(&s, "m"), base = prefix_in(&s, "m_temp_0/part"), parts[2];
    leat_op *saves[2];
    for (int i = 0; i < 2; i++) {
        leat_out shard[] = {base, leat_scalar(g, i), leat_scalar(g, 2)};
        leat_op_builder *o = leat_op_begin(g, "ShardedFilename", NULL);
        for (int k = 0; k < 3; k++)
            leat_op_add_input(o, shard[k]);
        parts[i] = leat_op_output(leat_op_end(o), 0);
        leat_out value = numbers(g, LEAT_SHAPE(4), (float)(10 * i));
        saves[i] = save_op(&s, parts[i], 1, i == 0 ? a : b, specs, &value);
    }
    leat_op_builder *o = leat_op_begin(g, "Pack", NULL);
    leat_op_add_input_list(o, parts, 2);
    leat_out packed = leat_op_output(leat_op_end(o), 0);
    o = leat_op_begin(g, "MergeV2Checkpoints", NULL);
    leat_op_add_input(o, packed);
    leat_op_add_input(o, to);
    leat_op_add_control(o, saves[0]);
    leat_op_add_control(o, saves[1]);
    leat_op *merge = leat_op_end(o), *restore = restore_op(&s, to, 2, both, specs, dtypes);
    CHECK_OK(run_op(&s, merge));
    leat_tensor *got = NULL;
    for (int i = 0; i < 2; i++) {
        REQUIRE_OK(eval(&s, restore, i, &got));
        CHECK(((const float *)leat_tensor_data(got))[3] == (float)(i == 0 ? 13 : 3));
    }
    leat_tensor_unref(got);
    leat_dir_entry *entries;
    size_t count;
    REQUIRE_OK(leat_dir_list(s.dir, &entries, &count));
    CHECK(count == 3 && strcmp(entries[0].name, "m.data-00000-of-00002") == 0 &&
          strcmp(entries[2].name, "m.index") == 0);
    leat_dir_free(entries, count);
    end(&s);
}

LEAT_TEST(what_cannot_be_saved_or_restored)
{
    static const char *const names[] = {"a", "b", "c"}, *const specs[] = {"", "", ""};
    static const char *const wrong_spec[] = {"4 0,2:-"}, *const wrong_shape[] = {"4 0,3"};
    static const leat_dtype dtypes[] = {LEAT_INT32, LEAT_FLOAT, LEAT_FLOAT};
    saver_graph s;
    begin(&s);
    leat_out prefix = prefix_in(&s, "m");
    leat_out value = numbers(s.graph, LEAT_SHAPE(2), 0);
    CHECK_OK(run_op(&s, save_op(&s, prefix, 1, names, specs, &value)));
    leat_op *restore = restore_op(&s, prefix, 3, names, specs, dtypes);
    CHECK_FAILS(run_op(&s, restore), LEAT_ERR_NOT_FOUND, "node 'RestoreV2' (RestoreV2): ");
    CHECK(strstr(leat_message(), "'a' is float32[2] where int32 is wanted; 'b' is missing; 'c' is missing") !=
          NULL);
    CHECK_FAILS(run_op(&s, save_op(&s, prefix, 1, names, wrong_spec, &value)), LEAT_ERR_INVALID_ARGUMENT,
                "tensor 'a': shape and slice '4 0,2:-'");
    CHECK_FAILS(run_op(&s, save_op(&s, prefix, 1, names, wrong_shape, &value)), LEAT_ERR_INVALID_ARGUMENT,
                "tensor 'a' has not the shape of its slice");
    const char *twice[] = {"a", "a"};
    leat_out values[] = {value, value};
    CHECK_FAILS(run_op(&s, save_op(&s, prefix, 2, twice, specs, values)), LEAT_ERR_ALREADY_EXISTS,
                "'a' is there already");
    leat_tensor *got = NULL; /* what was there still is */
    REQUIRE_OK(eval(&s, restore_op(&s, prefix, 1, names, specs, dtypes + 1), 0, &got));
    CHECK(leat_tensor_elements(got) == 2);
    leat_tensor_unref(got);
    end(&s);
}

static leat_out add_variable(leat_graph *g, const char *name, leat_dtype dtype, leat_shape shape, float value,
                             bool resource)
{
    leat_tensor *t = leat_tensor_new(dtype, shape);
    for (int64_t i = 0; dtype == LEAT_FLOAT && i < leat_tensor_elements(t); i++)
        ((float *)leat_tensor_data(t))[i] = value;
    leat_out out = leat_variable(leat_constant(g, t), .name = name, .use_resource = resource);
    leat_tensor_unref(t);
    return out;
}

/* Number 97: all that is missing or differs is listed, and no variable is touched. */
static void restore_into_another(bool resource)
{
    char path[4200];
    float first = 0;
    snprintf(path, sizeof path, "%s/m", check_temp_dir());
    leat_graph *g = leat_graph_new(), *h = leat_graph_new();
    leat_session *s, *r;
    add_variable(g, "a", LEAT_FLOAT, LEAT_SCALAR, 1, resource);
    add_variable(g, "b", LEAT_FLOAT, LEAT_SHAPE(3), 1, resource);
    add_variable(g, "c", LEAT_INT32, LEAT_SCALAR, 1, resource);
    leat_saver *saver = leat_saver_new(g, .max_to_keep = 5);
    REQUIRE_OK(leat_session_open(&s, g, NULL));
    CHECK_OK(leat_run_init(s));
    CHECK_OK(leat_save(saver, s, path));

    leat_out a = add_variable(h, "a", LEAT_FLOAT, LEAT_SCALAR, 2, resource);
    add_variable(h, "b", LEAT_FLOAT, LEAT_SHAPE(4), 2, resource);
    add_variable(h, "c", LEAT_INT64, LEAT_SCALAR, 2, resource);
    add_variable(h, "d", LEAT_FLOAT, LEAT_SCALAR, 2, resource);
    leat_saver *other = leat_saver_new(h, .max_to_keep = 5), *some = NULL;
    leat_out list[] = {a};
    some = leat_saver_new(h, .max_to_keep = 5, .var_list = {list, 1}, .name = "some");
    leat_out now = leat_variable_read(a);
    REQUIRE_OK(leat_session_open(&r, h, NULL));
    CHECK_OK(leat_run_init(r));
    CHECK_FAILS(leat_restore(other, r, path), LEAT_ERR_NOT_FOUND,
                "'b' is float32[3] where float32[4] is wanted; 'c' is int32[] where int64[] is wanted; "
                "'d' is missing");
    CHECK_OK(leat_eval_f32(r, now, &first));
    CHECK(first == 2);
    CHECK_OK(leat_restore(some, r, path));
    CHECK_OK(leat_eval_f32(r, now, &first));
    CHECK(first == 1);
    leat_session_free(s);
    leat_session_free(r);
    leat_saver_free(saver);
    leat_saver_free(other);
    leat_saver_free(some);
    leat_graph_free(g);
    leat_graph_free(h);
}

LEAT_TEST(restoring_checks_everything_first)
{
    restore_into_another(false);
    restore_into_another(true);
}

/* ---- megabytes, whose memory comes from spans and which threads share ---- */

enum { SMALL = 60, ALL = SMALL + 2 };

typedef struct big_model {
    leat_graph *graph;
    leat_saver *saver;
    leat_out values[ALL];
    char path[4200];
} big_model;

static int64_t big_elements(int i)
{
    return i < SMALL ? 25000 - i : i == SMALL ? 1300001 : 1;
}

/* Is every variable all its own number? */
static void check_big(const big_model *m, leat_session *s)
{
    leat_tensor *got[ALL] = {NULL};

    for (int i = 0; i < ALL; i++) {
        REQUIRE_OK(leat_eval(s, m->values[i], &got[i]));
        const float *x = leat_tensor_data(got[i]);
        int64_t n = leat_tensor_elements(got[i]), same = 0;
        CHECK(n == big_elements(i));
        while (same < n && x[same] == (float)i)
            same++;
        CHECK(same == n);
        leat_tensor_unref(got[i]);
    }
}

static void make_big(big_model *m, leat_session **s)
{
    m->graph = leat_graph_new();
    for (int i = 0; i < ALL; i++) {
        char name[16];
        snprintf(name, sizeof name, "v%03d", i);
        m->values[i] = leat_variable_read(
            add_variable(m->graph, name, LEAT_FLOAT, LEAT_SHAPE(big_elements(i)), (float)i, i % 2 == 0));
    }
    m->saver = leat_saver_new(m->graph, .max_to_keep = 5);
    snprintf(m->path, sizeof m->path, "%s/m", check_temp_dir());
    REQUIRE_OK(leat_session_open(s, m->graph, NULL));
    CHECK_OK(leat_run_init(*s));
    CHECK_OK(leat_save(m->saver, *s, m->path));
}

/* One value of a variable, or the failure to read it. */
static leat_status first_of(const big_model *m, leat_session *s, int i)
{
    leat_tensor *t = NULL;
    leat_status status = leat_eval(s, m->values[i], &t);
    leat_tensor_unref(t);
    return status;
}

static void damage(const big_model *m)
{
    char data[4300];
    snprintf(data, sizeof data, "%s.data-00000-of-00001", m->path);
    FILE *f = fopen(data, "r+b");
    REQUIRE(f != NULL);
    fseek(f, 3000000, SEEK_SET);
    fputc(0x55, f);
    fclose(f);
}

/* `leat run --save`: a saver that came with a graph keeps as many as its trainer wanted, and this is no training. */
LEAT_TEST(a_single_save_deletes_nothing)
{
    char dir[4000], paths[3][4100], meta[4200];
    leat_graph *g = leat_graph_new();
    add_variable(g, "v", LEAT_FLOAT, LEAT_SCALAR, 1, false);
    leat_saver *saver = leat_saver_new(g, .max_to_keep = 1);
    leat_session *s;
    leat_meta_graph m;
    leat_graph_file_kind kind;
    leat_checkpoint_state state = {0};
    snprintf(dir, sizeof dir, "%s", check_temp_dir());
    snprintf(meta, sizeof meta, "%s/graph.meta", dir);
    REQUIRE_OK(leat_export_meta_graph(g, saver, meta));
    REQUIRE_OK(leat_session_open(&s, g, NULL));
    REQUIRE_OK(leat_run_init(s));
    REQUIRE_OK(leat_graph_file_open(&m, meta, &kind));
    for (int i = 0; i < 3; i++) {
        snprintf(paths[i], sizeof paths[i], "%s/m-%d", dir, i);
        CHECK_OK(i < 2 ? leat_save_by_saver(s, &m, paths[i]) : leat_save_by_name(s, paths[i]));
    }
    for (int i = 0; i < 3; i++)
        CHECK(leat_checkpoint_exists(paths[i]));
    CHECK_OK(leat_checkpoint_state_read(&state, dir, LEAT_CHECKPOINT_STATE));
    CHECK(state.count == 3 && strcmp(state.latest, "m-2") == 0);
    leat_checkpoint_state_free(&state);
    leat_meta_graph_free(&m);
    snprintf(meta, sizeof meta, "%s.meta", paths[1]);
    REQUIRE_OK(leat_graph_file_open(&m, meta, &kind));
    CHECK(m.saver_max_to_keep == 1); /* which others go by */
    leat_meta_graph_free(&m);
    leat_session_free(s);
    leat_saver_free(saver);
    leat_graph_free(g);
}

/* No name, no file: nothing is written. */
LEAT_TEST(prefixes_without_a_name)
{
    static const char *const endings[] = {"", "/", "/.", "/..", "/new/."};
    char dir[4000], path[4100];
    leat_dir_entry *entries;
    size_t count;
    leat_graph *g = leat_graph_new();
    add_variable(g, "v", LEAT_FLOAT, LEAT_SCALAR, 1, false);
    leat_saver *saver = leat_saver_new(g, .max_to_keep = 1);
    leat_session *s;
    snprintf(dir, sizeof dir, "%s", check_temp_dir());
    REQUIRE_OK(leat_session_open(&s, g, NULL));
    REQUIRE_OK(leat_run_init(s));
    for (size_t i = 0; i < LEAT_LEN(endings); i++) {
        snprintf(path, sizeof path, "%s%s", i > 0 ? dir : "", endings[i]);
        CHECK_FAILS(leat_save(saver, s, path), LEAT_ERR_INVALID_ARGUMENT, "must end in a name");
        CHECK_FAILS(leat_save_by_name(s, path), LEAT_ERR_INVALID_ARGUMENT, "must end in a name");
    }
    REQUIRE_OK(leat_dir_list(dir, &entries, &count));
    CHECK(count == 0);
    leat_dir_free(entries, count);
    leat_session_free(s);
    leat_saver_free(saver);
    leat_graph_free(g);
}

LEAT_TEST(megabytes_are_restored)
{
    uint64_t before = leat_live_allocations();
    big_model m;
    leat_session *s, *fresh, *none;
    make_big(&m, &s);
    for (int nth = 1, fired = 1; fired; nth += nth < 20 ? 1 : 97) {
        REQUIRE_OK(leat_session_open(&fresh, m.graph, NULL));
        leat_fault_arm(LEAT_FAULT_ALLOC, (uint64_t)nth, ENOMEM);
        leat_status status = leat_restore(m.saver, fresh, m.path);
        fired = leat_fault_fired();
        leat_fault_disarm();
        CHECK(status == LEAT_OK ? true : fired && status == LEAT_ERR_NO_MEMORY);
        if (status == LEAT_OK) /* a failure before, where it only made the check beforehand know less */
            check_big(&m, fresh);
        leat_session_free(fresh);
    }
    REQUIRE_OK(leat_session_open(&fresh, m.graph, NULL));
    for (int again = 0; again < 3; again++) { /* new memory, then the variables' own */
        CHECK_OK(leat_restore(m.saver, fresh, m.path));
        check_big(&m, fresh);
    }
    damage(&m);
    REQUIRE_OK(leat_session_open(&none, m.graph, NULL));
    CHECK_FAILS(leat_restore(m.saver, none, m.path), LEAT_ERR_DATA_LOSS, "the checksum does not match");
    for (int i = 0; i < ALL; i++)
        CHECK_FAILS(first_of(&m, none, i), LEAT_ERR_FAILED_PRECONDITION, "uninitialized");
    CHECK_FAILS(leat_restore(m.saver, fresh, m.path), LEAT_ERR_DATA_LOSS, "the checksum does not match");
    check_big(&m, fresh);
    leat_session_free(none);
    leat_session_free(s);
    leat_session_free(fresh); /* its variables' spans outlive the plan whose slots they were */
    leat_saver_free(m.saver);
    leat_graph_free(m.graph);
    CHECK(leat_live_allocations() == before);
}

/* Wherever the disk is full, what was saved before stays, and no index is there without its meta graph, nor one without it. */
LEAT_TEST(a_full_disk_leaves_whole_checkpoints)
{
    char path[4200], index[4300], meta[4300];
    leat_graph *g = leat_graph_new();
    leat_session *s;
    add_variable(g, "a", LEAT_FLOAT, LEAT_SHAPE(3), 1, false);
    leat_saver *saver = leat_saver_new(g, .max_to_keep = 0);
    REQUIRE_OK(leat_session_open(&s, g, NULL));
    CHECK_OK(leat_run_init(s));
    snprintf(path, sizeof path, "%s/m", check_temp_dir());
    int failures = 0;
    for (int nth = 1; nth < 100; nth++) {
        leat_fault_arm(LEAT_FAULT_WRITE, (uint64_t)nth, ENOSPC);
        leat_status status = leat_save(saver, s, path, .global_step = nth);
        bool fired = leat_fault_fired();
        leat_fault_disarm();
        snprintf(index, sizeof index, "%s-%d.index", path, nth);
        snprintf(meta, sizeof meta, "%s-%d.meta", path, nth);
        CHECK(leat_path_kind_of(index) == leat_path_kind_of(meta));
        if (!fired) {
            CHECK_OK(status);
            break;
        }
        failures += status != LEAT_OK;
        CHECK(strstr(leat_message(), "No space left") != NULL);
    }
    CHECK(failures >= 3); /* the meta graph, the data, the index */
    leat_session_free(s);
    leat_saver_free(saver);
    leat_graph_free(g);
}
