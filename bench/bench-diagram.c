/* bench-diagram.c - how long diagrams of large graphs take, and how much memory. bench-diagram [FOLDER]:
 * writes the pictures there (default /tmp), prints one line a graph. */
#include "config.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "leat/viz-graph.h"
#include "proto/wire-private.h"

static void put_node(leat_buf *g, const char *op, const char *name, const char *first, const char *second)
{
    size_t node = leat_put_begin(g, 1);
    leat_put_string(g, 1, name);
    leat_put_string(g, 2, op);
    if (first)
        leat_put_string(g, 3, first);
    if (second)
        leat_put_string(g, 3, second);
    leat_put_end(g, node);
}

/* Names that do not end in a number: no series. */
static void make_chain(leat_buf *g, size_t n)
{
    char name[32], before[32] = "";
    for (size_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "n%zux", i);
        put_node(g, i % 2 ? "Relu" : "Tanh", name, i > 0 ? before : NULL, NULL);
        strcpy(before, name);
    }
}

static void make_numbered(leat_buf *g, size_t n)
{
    char name[32], before[32] = "";
    for (size_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "Identity_%zu", i);
        put_node(g, "Identity", name, i > 0 ? before : NULL, NULL);
        strcpy(before, name);
    }
}

/* A hundred stacks of layers of ten ops, each stack fed by the one before. */
static void make_layers(leat_buf *g, size_t n)
{
    char name[64], before[64] = "input";
    put_node(g, "Placeholder", "input", NULL, NULL);
    for (size_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "stack_%zu/layer_%zu/op_%zux", i * 100 / n, i / 10 % 100, i);
        put_node(g, i % 3 ? "Add" : "MatMul", name, before, i % 7 ? NULL : "input");
        strcpy(before, name);
    }
}

static void make_fan(leat_buf *g, size_t n)
{
    char name[32];
    put_node(g, "Placeholder", "x", NULL, NULL);
    for (size_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "n%zux", i);
        put_node(g, i % 2 ? "Relu" : "Tanh", name, "x", NULL);
    }
}

/* In a process of its own, so that the memory is this graph's. */
static void measure(const char *folder, const char *name, void (*make)(leat_buf *g, size_t n), size_t n)
{
    fflush(stdout);
    pid_t child = fork();
    if (child != 0) {
        waitpid(child, NULL, 0);
        return;
    }
    leat_buf g = {0};
    char path[4096];
    struct rusage use;
    make(&g, n);
    leat_must(leat_buf_status(&g));
    snprintf(path, sizeof path, "%s/bench-%s.svg", folder, name);
    double start = leat_now();
    leat_must(leat_plot_graph(path, g.data, g.size, NULL));
    double took = leat_now() - start;
    getrusage(RUSAGE_SELF, &use);
    printf("%-10s %8zu nodes  %5.1f MB GraphDef  %6.2f s  %5.0f MB resident\n", name, n, (double)g.size / 1e6,
           took, (double)use.ru_maxrss / 1024);
    fflush(stdout);
    _exit(0);
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : "/tmp";
    measure(folder, "layers", make_layers, 100000);
    measure(folder, "fan", make_fan, 100000);
    measure(folder, "chain", make_chain, 100000);
    measure(folder, "chain-1e6", make_chain, 1000000);
    measure(folder, "numbered", make_numbered, 1000000);
    measure(folder, "layers-1e6", make_layers, 1000000);
    return 0;
}
