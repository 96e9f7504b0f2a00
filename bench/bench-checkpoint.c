/* bench-checkpoint.c - saving and restoring a checkpoint, in bytes a second, beside what the disk and the page cache
 * give: `dd conv=fsync` of the same size in the same directory, and a `cat` of the cached files.
 *
 *     bench-checkpoint DIR [MEBIBYTES [TENSORS]]
 *
 * Prints the best of six rounds of each: seconds, MB/s, ratio to the plain tool. The last three are those of a session and a
 * saver: with variables that are there, and in a session that has none yet, whose memory must be got first. */
#include "config.h"
#include <leat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "engine/files/bundle-private.h"

enum { ROUNDS = 6 };

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
    enum { BATCH = 512 }; /* as RestoreV2 */
    static leat_bundle_entry entries[BATCH];
    leat_bundle_item items[BATCH];
    leat_bundle *b;
    size_t size = (size_t)floats * 4;
    LEAT_TRY(leat_bundle_open(&b, from));
    leat_status status = LEAT_OK;
    for (int64_t first = 0; first < tensors && status == LEAT_OK; first += BATCH) {
        size_t n = (size_t)LEAT_MIN(tensors - first, BATCH);
        for (size_t i = 0; i < n && status == LEAT_OK; i++) {
            char name[32];
            int length = snprintf(name, sizeof name, "tensor_%05lld", (long long)first + (long long)i);
            status = leat_bundle_find(b, name, (size_t)length, &entries[i]);
            items[i] = (leat_bundle_item){&entries[i], data + ((size_t)first + i) * size, size};
            if (status == LEAT_OK && size >= 8 << 20) /* worth threads of its own */
                status = leat_bundle_read(b, &entries[i], NULL, items[i].to, size);
        }
        if (status == LEAT_OK && size < 8 << 20)
            status = leat_bundle_read_all(b, items, n);
    }
    for (size_t i = 0; i < BATCH; i++)
        leat_bundle_entry_free(&entries[i]);
    leat_bundle_close(b);
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
    for (int64_t i = 0; i < tensors; i++)
        leat_variable(
            leat_fill(leat_constant_i32(m->graph, LEAT_SHAPE(1), dims, NULL), leat_scalar(m->graph, 1.5f)),
            .name = "w");
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

/* Keeps the best of this round's save, restore, and restore into a new session. */
static void round_of_session(const model *m, const char *prefix, double best[3])
{
    leat_session *fresh;
    double start = leat_now();
    leat_must(leat_save(m->saver, m->session, prefix, .no_meta_graph = true));
    best[0] = LEAT_MIN(best[0], leat_now() - start);
    start = leat_now();
    leat_must(leat_restore(m->saver, m->session, prefix));
    best[1] = LEAT_MIN(best[1], leat_now() - start);
    leat_must(leat_session_open(&fresh, m->graph, NULL));
    start = leat_now();
    leat_must(leat_restore(m->saver, fresh, prefix));
    best[2] = LEAT_MIN(best[2], leat_now() - start);
    leat_session_free(fresh);
}

/* Seconds that a command takes. */
static double shell(const char *command)
{
    double start = leat_now();
    if (system(command) != 0)
        fprintf(stderr, "bench-checkpoint: failed: %s\n", command);
    return leat_now() - start;
}

static void report(const char *name, double seconds, double bytes, double plain)
{
    printf("%-16s %8.3f s %9.1f MB/s", name, seconds, bytes / seconds / 1e6);
    if (plain > 0)
        printf("   %.2f of plain", plain / seconds);
    putchar('\n');
}

int main(int argc, char **argv)
{
    long long mebibytes = argc > 2 ? atoll(argv[2]) : 512;
    int64_t tensors = argc > 3 ? atoll(argv[3]) : 20, floats = mebibytes * 262144 / tensors;
    if (argc < 2 || floats <= 0) {
        fputs("usage: bench-checkpoint DIR [MEBIBYTES [TENSORS]]\n", stderr);
        return 2;
    }
    const char *dir = argv[1];
    char prefix[4200];
    size_t bytes = (size_t)(tensors * floats) * 4;
    char *data = leat_alloc_aligned(bytes), *back = leat_alloc_aligned(bytes);
    if (data == NULL || back == NULL)
        return 3;
    for (size_t i = 0; i < bytes; i += 8) {
        uint64_t value = i * 0x9e3779b97f4a7c15u;
        memcpy(data + i, &value, LEAT_MIN(sizeof value, bytes - i));
    }
    memset(back, 0, bytes);
    char dd[9000], cat[9000], clean[9000];
    snprintf(dd, sizeof dd, "dd if=/dev/zero of='%s/bench-dd' bs=1M count=%lld conv=fsync status=none", dir,
             mebibytes);
    snprintf(cat, sizeof cat, "cat '%s/bench-dd' > /dev/null", dir);
    snprintf(clean, sizeof clean, "rm -f '%s'/bench-dd '%s'/bench.*", dir, dir);
    snprintf(prefix, sizeof prefix, "%s/bench", dir);
    double best[7] = {1e9, 1e9, 1e9, 1e9,
                      1e9, 1e9, 1e9}; /* of the rounds, in turn: other load hits all alike */
    model m;
    make_model(&m, tensors, floats);
    for (int round = 0; round < ROUNDS; round++) {
        best[0] = LEAT_MIN(best[0], shell(dd));
        double start = leat_now();
        leat_must(save(prefix, data, tensors, floats));
        best[1] = LEAT_MIN(best[1], leat_now() - start);
        best[2] = LEAT_MIN(best[2], shell(cat));
        start = leat_now();
        leat_must(restore(prefix, back, tensors, floats));
        best[3] = LEAT_MIN(best[3], leat_now() - start);
        if (memcmp(data, back, bytes) != 0) {
            fputs("bench-checkpoint: what was restored differs\n", stderr);
            return 1;
        }
        round_of_session(&m, prefix, best + 4);
        shell(clean);
    }
    free_model(&m);
    report("dd conv=fsync", best[0], (double)bytes, 0);
    report("save", best[1], (double)bytes, best[0]);
    report("cat (cached)", best[2], (double)bytes, 0);
    report("restore", best[3], (double)bytes, best[2]);
    report("leat_save", best[4], (double)bytes, best[0]);
    report("leat_restore", best[5], (double)bytes, best[2]);
    report("  new session", best[6], (double)bytes, best[2]);
    leat_free_aligned(data);
    leat_free_aligned(back);
    return 0;
}
