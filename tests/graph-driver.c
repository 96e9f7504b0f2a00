/* Runs graphs for scripts that compare with TensorFlow. Jobs are lines on stdin:
 *
 *     job LABEL GRAPH FEEDS OUT THREADS INIT    INIT: a node to be run first, or -
 *     fetch NAME
 *     y NAME GRAD                               differentiated, with this gradient of its own
 *     x NAME                                    by these; their gradients are fetched after the fetches
 *     end
 *
 * FEEDS and OUT hold tensors: a line "NAME DTYPE RANK DIM... BYTES" and the bytes; of strings uint32 lengths and bytes. A
 * gradient that is not there has DTYPE 0. Every job prints "LABEL ok" or "LABEL error MESSAGE". */
#include "config.h"
#include <leat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX = 400, NAME = 300 };

typedef struct job {
    char label[NAME], graph[1024], feeds[1024], out[1024], init[NAME];
    int threads;
    char fetches[MAX][NAME], xs[MAX][NAME], ys[MAX][NAME], dys[MAX][NAME];
    size_t n_fetches, n_xs, n_ys;
} job;

static leat_status fail(const char *what, const char *name)
{
    fprintf(stderr, "%s %s\n", what, name);
    exit(2);
}

static void write_tensor(FILE *f, const char *name, const leat_tensor *t)
{
    if (t == NULL) {
        fprintf(f, "%s 0 0 0\n", name);
        return;
    }
    size_t bytes = leat_tensor_bytes(t), size;
    int64_t n = leat_tensor_elements(t);
    bool strings = leat_tensor_dtype(t) == LEAT_STRING;
    if (strings)
        bytes = 0;
    for (int64_t i = 0; strings && i < n; i++) {
        leat_tensor_string(t, i, &size);
        bytes += 4 + size;
    }
    fprintf(f, "%s %d %d", name, (int)leat_tensor_dtype(t), leat_tensor_rank(t));
    for (int i = 0; i < leat_tensor_rank(t); i++)
        fprintf(f, " %lld", (long long)leat_tensor_dim(t, i));
    fprintf(f, " %zu\n", bytes);
    if (!strings)
        fwrite(leat_tensor_data(t), 1, bytes, f);
    for (int64_t i = 0; strings && i < n; i++) {
        const char *s = leat_tensor_string(t, i, &size);
        uint32_t length = (uint32_t)size;
        fwrite(&length, 4, 1, f);
        fwrite(s, 1, size, f);
    }
}

/* NULL at the end of the file. */
static leat_tensor *read_tensor(FILE *f, char *name)
{
    int dtype, rank;
    leat_shape shape = {0};
    size_t bytes;
    if (fscanf(f, "%299s %d %d", name, &dtype, &rank) != 3)
        return NULL;
    shape.rank_plus_1 = rank + 1;
    for (int i = 0; i < rank; i++) {
        long long d;
        if (fscanf(f, "%lld", &d) != 1)
            fail("bad feed", name);
        shape.dims[i] = d;
    }
    if (fscanf(f, "%zu", &bytes) != 1 || fgetc(f) != '\n')
        fail("bad feed", name);
    leat_tensor *t = leat_tensor_new((leat_dtype)dtype, shape);
    if (t == NULL)
        fail("no memory for", name);
    if (dtype != LEAT_STRING) {
        if (fread(leat_tensor_data(t), 1, bytes, f) != bytes)
            fail("short feed", name);
        return t;
    }
    for (int64_t i = 0; i < leat_tensor_elements(t); i++) {
        uint32_t length;
        char text[4096];
        if (fread(&length, 4, 1, f) != 1 || length > sizeof text || fread(text, 1, length, f) != length)
            fail("short feed", name);
        leat_must(leat_tensor_set_string(t, i, text, length));
    }
    return t;
}

static leat_status differentiate(leat_graph *g, const job *j, leat_out *grads)
{
    leat_out ys[MAX], xs[MAX], dys[MAX];
    for (size_t i = 0; i < j->n_ys; i++) {
        ys[i] = leat_graph_get(g, j->ys[i]);
        dys[i] = leat_graph_get(g, j->dys[i]);
    }
    for (size_t i = 0; i < j->n_xs; i++)
        xs[i] = leat_graph_get(g, j->xs[i]);
    if (j->n_xs > 0 && j->n_ys > 0)
        leat_gradients(ys, j->n_ys, xs, j->n_xs, grads, dys, NULL, 0);
    return leat_graph_status(g);
}

static leat_status run_session(leat_session *s, const job *j, const leat_out *grads)
{
    static leat_feed feeds[MAX];
    static leat_fetch fetches[2 * MAX];
    static leat_tensor *values[2 * MAX];
    leat_graph *g = leat_session_graph(s);
    size_t n_feeds = 0, n = 0;
    char name[NAME];
    FILE *f = fopen(j->feeds, "rb");
    if (f == NULL)
        fail("no feeds in", j->feeds);
    while ((feeds[n_feeds].value = read_tensor(f, name)) != NULL)
        feeds[n_feeds++].out = leat_graph_get(g, name);
    fclose(f);
    memset(values, 0, sizeof values);
    for (size_t i = 0; i < j->n_fetches; i++, n++)
        fetches[n] = (leat_fetch){leat_graph_get(g, j->fetches[i]), &values[i]};
    for (size_t i = 0; i < j->n_xs; i++)
        if (grads[i].op != NULL)
            fetches[n++] = (leat_fetch){grads[i], &values[j->n_fetches + i]};
    leat_status status = LEAT_OK;
    if (strcmp(j->init, "-") != 0) {
        leat_op *init = leat_graph_find(g, j->init);
        status = leat_run(s, LEAT_NO_FEEDS, LEAT_NO_FETCHES, LEAT_TARGETS(init));
    }
    if (status == LEAT_OK)
        status =
            leat_run(s, (leat_feed_list){feeds, n_feeds}, (leat_fetch_list){fetches, n}, LEAT_NO_TARGETS);
    f = status == LEAT_OK ? fopen(j->out, "wb") : NULL;
    for (size_t i = 0; f != NULL && i < j->n_fetches + j->n_xs; i++)
        write_tensor(f, i < j->n_fetches ? j->fetches[i] : j->xs[i - j->n_fetches], values[i]);
    if (f != NULL)
        fclose(f);
    for (size_t i = 0; i < n_feeds; i++)
        leat_tensor_unref(feeds[i].value);
    for (size_t i = 0; i < j->n_fetches + j->n_xs; i++)
        leat_tensor_unref(values[i]);
    return status;
}

static leat_status run_job(const job *j)
{
    static leat_out grads[MAX];
    leat_graph *g = leat_graph_new();
    leat_session *s = NULL;
    memset(grads, 0, sizeof grads);
    leat_status status = leat_import_graph_file(g, j->graph, NULL);
    if (status == LEAT_OK)
        status = differentiate(g, j, grads);
    if (status == LEAT_OK)
        status = leat_session_open(
            &s, g, &(leat_session_options){.size = sizeof(leat_session_options), .threads = j->threads});
    if (status == LEAT_OK)
        status = run_session(s, j, grads);
    leat_session_free(s);
    leat_graph_free(g);
    return status;
}

int main(void)
{
    static job j;
    static char line[8192];
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (sscanf(line, "job %299s %1023s %1023s %1023s %d %299s", j.label, j.graph, j.feeds, j.out,
                   &j.threads, j.init) == 6)
            j.n_fetches = j.n_xs = j.n_ys = 0;
        else if (j.n_fetches < MAX && sscanf(line, "fetch %299s", j.fetches[j.n_fetches]) == 1)
            j.n_fetches++;
        else if (j.n_xs < MAX && sscanf(line, "x %299s", j.xs[j.n_xs]) == 1)
            j.n_xs++;
        else if (j.n_ys < MAX && sscanf(line, "y %299s %299s", j.ys[j.n_ys], j.dys[j.n_ys]) == 2)
            j.n_ys++;
        else if (strcmp(line, "end\n") == 0) {
            leat_status status = run_job(&j);
            if (status == LEAT_OK)
                printf("%s ok\n", j.label);
            else
                printf("%s error %s\n", j.label, leat_message());
            fflush(stdout);
        } else {
            fail("not understood:", line);
        }
    }
    return 0;
}
