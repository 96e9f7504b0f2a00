/* bench-data.c - how fast a table is opened and read, and in how much memory.
 *
 *     make bench-data && ./bench-data FILE.csv TARGET [MEMORY_MIB [EPOCHS]]
 *
 * MEMORY_MIB as leat_data_options has it, in MiB; 0 streams. */
#include "tools/data/data-private.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static double peak_mib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

static double shown;

static void show(void *user, const char *what, uint64_t done, uint64_t total)
{
    (void)user;
    if (leat_now() - shown > 5)
        fprintf(stderr, "%s %.0f %%\n", what, 100.0 * (double)done / (double)total), shown = leat_now();
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    uint64_t memory = argc > 3 ? strtoull(argv[3], NULL, 10) << 20 : LEAT_DATA_MEMORY;
    int epochs = argc > 4 ? atoi(argv[4]) : 1;
    leat_data *d;
    leat_batches *b;
    shown = leat_now();
    double start = leat_now();
    leat_must(leat_data_open(
        &d, argv[1],
        &(leat_data_options){
            .target = argv[2], .standardize = true, .memory = memory > 0 ? memory : 1, .progress = show}));
    double opened = leat_now() - start, mib = (double)leat_data_fingerprint(d).size / (1 << 20);
    printf("open    %6.2f s  %7.1f MiB/s  %llu rows, %zu features, peak %.0f MiB\n", opened, mib / opened,
           (unsigned long long)leat_data_count(d, LEAT_PART_ALL), leat_data_schema(d)->n_features,
           peak_mib());
    leat_must(leat_batches_new(&b, d, 512, 42));
    double sum = 0;
    for (int epoch = 0; epoch < epochs; epoch++) {
        start = leat_now();
        while (leat_batches_epoch(b) == (uint64_t)epoch) {
            const leat_rows *rows;
            leat_must(leat_batches_next(b, &rows));
            sum += (double)rows->x[0];
        }
        double passed = leat_now() - start;
        printf("epoch %d %6.2f s  %7.1f MiB/s  (%g) peak %.0f MiB\n", epoch, passed, mib / passed, sum,
               peak_mib());
    }
    leat_batches_free(b);
    leat_data_free(d);
    return 0;
}
