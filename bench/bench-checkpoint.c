/* bench-checkpoint.c - saving and restoring a checkpoint, beside what the disk and the page cache give: `dd conv=fsync` of the
 * same size in the same directory, and `cat` of the checkpoint's own files, cached.
 *
 *     bench-checkpoint DIR [MEBIBYTES [TENSORS [LEAT]]]
 *
 * Every measurement stands beside its plain tool in each of nine rounds, since other work on the machine comes and goes. Printed
 * are the best of each and the two ratios: of the bests, and the median of the rounds'. A file system takes time to give the space
 * of a deleted file back, so saves are measured twice, and the plain tool likewise: to a name that is free, and ", again" over a
 * checkpoint of that name (dd to another name and then mv). "existing" restores into a session whose variables have their memory, "new" into one that must get it first, "leat run" is that as a whole command (LEAT: the tool),
 * which also imports the graph. */
#include "config.h"
#include <leat.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "engine/files/bundle-private.h"

enum { ROUNDS = 9 };

static leat_status save(const char *to, const char *data, int64_t tensors, int64_t floats)
{
    leat_bundle_writer *w;
    LEAT_TRY(leat_bundle_writer_open(&w, to, NULL));
    for (int64_t i = 0; i < tensors; i++) {
        char name[32];
        snprintf(name, sizeof name, "tensor_%05lld", (long long)i);
        leat_status status = leat_bundle_writer_add(w, &(leat_bundle_tensor){.name = name,
                                                                             .dtype = LEAT_DATA_TYPE_FLOAT,
                                                                             .rank = 1,
                                                                             .dims = &floats,
                                                                             .data = data + i * floats * 4});
        if (status != LEAT_OK)
            break; /* the commit says it */
    }
    return leat_bundle_writer_commit(w);
}

static leat_status restore(const char *from, char *data, int64_t tensors, int64_t floats)
{
    leat_bundle *b;
    leat_bundle_entry e = {0};
    leat_bundle_item *items = leat_alloc((size_t)tensors * sizeof *items);
    LEAT_TRY(leat_bundle_open(&b, from));
    leat_status status = LEAT_OK;
    for (int64_t i = 0; i < tensors && status == LEAT_OK; i++) {
        char name[32];
        int length = snprintf(name, sizeof name, "tensor_%05lld", (long long)i);
        status = leat_bundle_find(b, name, (size_t)length, &e);
        items[i] = leat_bundle_item_of(&e, "a tensor", data + i * floats * 4);
    }
    if (status == LEAT_OK)
        status = leat_bundle_read_all(b, items, (size_t)tensors);
    leat_bundle_entry_free(&e);
    leat_bundle_close(b);
    leat_free(items);
    return status;
}

typedef struct model {
    leat_graph *graph;
    leat_session *session;
    leat_saver *saver;
} model;

static void make_model(model *m, int64_t tensors, int64_t floats)
{
    int32_t dims[] = {(int32_t)floats};
    m->graph = leat_graph_new();
    leat_out first = LEAT_NO_OUT;
    for (int64_t i = 0; i < tensors; i++) {
        leat_out w = leat_variable(
            leat_fill(leat_constant_i32(m->graph, LEAT_SHAPE(1), dims, NULL), leat_scalar(m->graph, 1.5f)),
            .name = "w");
        first = i == 0 ? w : first;
    }
    leat_raw_identity(leat_reduce_max(first), .name = "answer");
    m->saver = leat_saver_new(m->graph, .max_to_keep = 5);
    leat_must(leat_session_open(&m->session, m->graph, NULL));
    leat_must(leat_run_init(m->session));
}

static void free_model(model *m)
{
    leat_session_free(m->session);
    leat_saver_free(m->saver);
    leat_graph_free(m->graph);
}

/* ---- what is measured ---- */

typedef struct bench {
    model model;
    const char *dir, *leat; /* leat NULL: not measured */
    char prefix[4200], cat[9000];
    char *data, *back;
    int64_t mebibytes, tensors, floats;
} bench;

/* Seconds that a command takes. */
static double shell(const char *command)
{
    double start = leat_now();
    if (system(command) != 0)
        fprintf(stderr, "bench-checkpoint: failed: %s\n", command);
    return leat_now() - start;
}

static void make_dd(const bench *b, char *command, size_t size)
{
    snprintf(command, size, "dd if=/dev/zero of='%s/bench-dd' bs=1M count=%lld conv=fsync status=none",
             b->dir, (long long)b->mebibytes);
}

static double run_dd(bench *b)
{
    char dd[9000], clean[9000];
    make_dd(b, dd, sizeof dd);
    snprintf(clean, sizeof clean, "rm -f '%s/bench-dd'", b->dir);
    double seconds = shell(dd);
    shell(clean);
    return seconds;
}

static double run_dd_again(bench *b)
{
    char dd[9000], move[9000], clean[9000];
    make_dd(b, dd, sizeof dd);
    snprintf(move, sizeof move, "mv '%s/bench-dd' '%s/bench-dd-old'", b->dir, b->dir);
    snprintf(clean, sizeof clean, "rm -f '%s/bench-dd-old'", b->dir);
    shell(dd);
    shell(move);
    double seconds = shell(dd);
    seconds += shell(move);
    shell(clean);
    return seconds;
}

static void clean_checkpoint(const bench *b)
{
    char clean[9000];
    snprintf(clean, sizeof clean, "rm -f '%s'.*", b->prefix);
    shell(clean);
}

static double run_cat(bench *b)
{
    return shell(b->cat);
}

static double save_bundle(bench *b)
{
    clean_checkpoint(b);
    double start = leat_now();
    leat_must(save(b->prefix, b->data, b->tensors, b->floats));
    return leat_now() - start;
}

static double restore_bundle(bench *b)
{
    double start = leat_now();
    leat_must(restore(b->prefix, b->back, b->tensors, b->floats));
    double seconds = leat_now() - start;
    if (memcmp(b->data, b->back, (size_t)(b->tensors * b->floats) * 4) != 0)
        fputs("bench-checkpoint: what was restored differs\n", stderr);
    return seconds;
}

static double save_again(bench *b)
{
    double start = leat_now();
    leat_must(leat_save(b->model.saver, b->model.session, b->prefix));
    return leat_now() - start;
}

static double save_session(bench *b)
{
    clean_checkpoint(b);
    return save_again(b);
}

static double restore_existing(bench *b)
{
    double start = leat_now();
    leat_must(leat_restore(b->model.saver, b->model.session, b->prefix));
    return leat_now() - start;
}

static double restore_new(bench *b)
{
    leat_session *s;
    leat_must(leat_session_open(&s, b->model.graph, NULL));
    malloc_trim(0); /* what an earlier session had is not there for this one */
    double start = leat_now();
    leat_must(leat_restore(b->model.saver, s, b->prefix));
    double seconds = leat_now() - start;
    leat_session_free(s);
    return seconds;
}

static double run_leat(bench *b)
{
    char command[9000];
    snprintf(command, sizeof command, "'%s' run '%s.meta' --restore '%s' --fetch answer > /dev/null", b->leat,
             b->prefix, b->prefix);
    return shell(command);
}

/* In this order in a round: the saver's checkpoint is the one that is restored into sessions. */
static const struct {
    const char *name;
    double (*run)(bench *b);
    double (*plain)(bench *b);
    const char *of;
} measurements[] = {
    {"save, bundle alone", save_bundle, run_dd, "dd conv=fsync"},
    {"restore, bundle alone", restore_bundle, run_cat, "cat"},
    {"leat_save", save_session, run_dd, "dd conv=fsync"},
    {"leat_save, again", save_again, run_dd_again, "dd, mv"},
    {"leat_restore, existing", restore_existing, run_cat, "cat"},
    {"leat_restore, new", restore_new, run_cat, "cat"},
    {"leat run", run_leat, run_cat, "cat"},
};

typedef struct figures {
    double best, plain, ratios[ROUNDS];
} figures;

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(bench *b)
{
    figures f[LEAT_LEN(measurements)];
    for (size_t i = 0; i < LEAT_LEN(f); i++)
        f[i] = (figures){.best = 1e9, .plain = 1e9};
    for (int round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < LEAT_LEN(f); i++) {
            if (measurements[i].run == run_leat && b->leat == NULL)
                continue;
            double seconds = measurements[i].run(b), plain = measurements[i].plain(b);
            f[i].best = LEAT_MIN(f[i].best, seconds);
            f[i].plain = LEAT_MIN(f[i].plain, plain);
            f[i].ratios[round] = plain / seconds;
        }
    printf("%lld MiB in %lld tensors\n", (long long)b->mebibytes, (long long)b->tensors);
    for (size_t i = 0; i < LEAT_LEN(f); i++) {
        if (f[i].best == 1e9)
            continue;
        qsort(f[i].ratios, ROUNDS, sizeof(double), by_size);
        printf("%-24s %7.3f s  %-13s %7.3f s   %.2f of it, median %.2f\n", measurements[i].name, f[i].best,
               measurements[i].of, f[i].plain, f[i].plain / f[i].best, f[i].ratios[ROUNDS / 2]);
    }
}

int main(int argc, char **argv)
{
    static bench b;
    b.mebibytes = argc > 2 ? atoll(argv[2]) : 512;
    b.tensors = argc > 3 ? atoll(argv[3]) : 20;
    b.floats = b.tensors > 0 ? b.mebibytes * 262144 / b.tensors : 0;
    b.leat = argc > 4 ? argv[4] : access("./leat", X_OK) == 0 ? "./leat" : NULL;
    if (argc < 2 || b.floats <= 0) {
        fputs("usage: bench-checkpoint DIR [MEBIBYTES [TENSORS [LEAT]]]\n", stderr);
        return 2;
    }
    b.dir = argv[1];
    snprintf(b.prefix, sizeof b.prefix, "%s/bench", b.dir);
    snprintf(b.cat, sizeof b.cat, "cat '%s'.index '%s'.data-* > /dev/null", b.prefix, b.prefix);
    size_t bytes = (size_t)(b.tensors * b.floats) * 4;
    b.data = leat_alloc_aligned(bytes);
    b.back = leat_alloc_aligned(bytes);
    if (b.data == NULL || b.back == NULL)
        return 3;
    for (size_t i = 0; i < bytes; i += 8) {
        uint64_t value = i * 0x9e3779b97f4a7c15u;
        memcpy(b.data + i, &value, LEAT_MIN(sizeof value, bytes - i));
    }
    memset(b.back, 0, bytes);
    make_model(&b.model, b.tensors, b.floats);
    measure(&b);
    free_model(&b.model);
    leat_free_aligned(b.data);
    leat_free_aligned(b.back);
    char clean[9000];
    snprintf(clean, sizeof clean, "rm -f '%s'/bench.* '%s/checkpoint'", b.dir, b.dir);
    return system(clean);
}
