#include "config.h"
#include "bundle-numbered.h"
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *in_dir(const char *dir, const char *name)
{
    static char paths[8][4200];
    static unsigned next;
    char *p = paths[next++ % 8];
    snprintf(p, sizeof paths[0], "%s/%s", dir, name);
    return p;
}

const char *quick_dir(void)
{
    static char dir[64];
    strcpy(dir, "/dev/shm/leat-test-XXXXXX");
    return mkdtemp(dir) != NULL ? dir : check_temp_dir();
}

void remove_quick_dir(const char *dir)
{
    leat_dir_entry *entries;
    size_t count;
    if (leat_dir_list(dir, &entries, &count) != LEAT_OK)
        return;
    for (size_t i = 0; i < count; i++)
        unlink(in_dir(dir, entries[i].name));
    leat_dir_free(entries, count);
    rmdir(dir);
}

enum { ROWS = 300, COLUMNS = 70, TENSORS = 5 };

/* The tensors from `first` on, `count` of them. */
static leat_status save_some(const char *prefix, int n, const leat_bundle_options *options, size_t first,
                             size_t count)
{
    static const int64_t dims[] = {ROWS, COLUMNS}, dims_names[] = {3};
    int32_t *values = malloc(sizeof *values * ROWS * COLUMNS);
    char name[32];
    const leat_bytes names[] = {{name, (size_t)snprintf(name, sizeof name, "%d", n)}, {name, 0}, {name, 1}};
    for (size_t i = 0; i < ROWS * COLUMNS; i++)
        values[i] = n;
    const leat_bundle_extent upper[] = {{0, 100}, {0, -1}}, lower[] = {{100, 200}, {0, -1}};
    const leat_bundle_tensor tensors[] = {
        {.name = "large", .dtype = LEAT_DATA_TYPE_INT32, .rank = 2, .dims = dims, .data = values},
        {.name = "names", .dtype = LEAT_DATA_TYPE_STRING, .rank = 1, .dims = dims_names, .strings = names},
        {.name = "part",
         .dtype = LEAT_DATA_TYPE_INT32,
         .rank = 2,
         .dims = dims,
         .slice = upper,
         .data = values},
        {.name = "part",
         .dtype = LEAT_DATA_TYPE_INT32,
         .rank = 2,
         .dims = dims,
         .slice = lower,
         .data = values},
        {.name = "scalar",
         .dtype = LEAT_DATA_TYPE_INT32,
         .data = values,
         .shard = LEAT_MAX(options->shards, 1) - 1},
    };
    leat_bundle_writer *w;
    leat_status status = leat_bundle_writer_open(&w, prefix, options);
    if (status == LEAT_OK) {
        for (size_t i = first; i < first + count && status == LEAT_OK; i++)
            status = leat_bundle_writer_add(w, &tensors[i]);
        leat_status end = leat_bundle_writer_commit(w); /* says so too where an add failed */
        status = status == LEAT_OK ? end : status;
    }
    free(values);
    return status;
}

leat_status save(const char *prefix, int n, int shards)
{
    return save_some(prefix, n, &(leat_bundle_options){.shards = shards}, 0, TENSORS);
}

leat_status save_merged(const char *prefix, int n)
{
    const leat_bundle_options staged = {.staged = true};
    char parts[2][4200];
    char *dir = leat_path_dir(prefix);
    for (int i = 0; i < 2; i++)
        snprintf(parts[i], sizeof parts[i], "%s/" PART "%d", dir, i);
    leat_free(dir);
    LEAT_TRY(save_some(parts[0], n, &staged, 0, 3)); /* the slices of "part" lie in both */
    LEAT_TRY(save_some(parts[1], n, &staged, 3, TENSORS - 3));
    return leat_bundle_merge((const char *const[]){parts[0], parts[1]}, 2, prefix, false);
}

int number_of(const char *prefix)
{
    leat_bundle *b;
    leat_bundle_entry e = {0};
    int32_t *values = malloc(sizeof *values * ROWS * COLUMNS);
    int number = -1;
    if (leat_bundle_open(&b, prefix) == LEAT_OK) {
        static const char *const names[] = {"large", "part", "scalar"};
        bool good = true;
        for (size_t i = 0; i < LEAT_LEN(names) && good; i++) {
            good = leat_bundle_find(b, names[i], strlen(names[i]), &e) == LEAT_OK &&
                   leat_bundle_read(b, &e, NULL, values, (size_t)e.elements * 4) == LEAT_OK;
            for (int64_t k = 0; k < e.elements && good; k++)
                good = (k == 0 && i == 0) || values[k] == (i == 0 ? values[0] : number);
            number = good ? values[0] : -1;
        }
        if (leat_bundle_find(b, "names", 5, &e) != LEAT_OK || leat_bundle_scan(b, &e, NULL, NULL) != LEAT_OK)
            number = -1;
        leat_bundle_entry_free(&e);
        leat_bundle_close(b);
    }
    free(values);
    return number;
}

leat_status save_and_publish(const char *dir, const char *name, int n, size_t keep)
{
    LEAT_TRY(save(in_dir(dir, name), n, 2));
    return publish_number(dir, name, n, keep);
}

leat_status publish_number(const char *dir, const char *name, int n, size_t keep)
{
    leat_checkpoint_keeper k;
    leat_checkpoint_keeper_init(&k, keep, 0, 1000);
    leat_status status = leat_checkpoint_keeper_add(&k, in_dir(dir, name), 1000 + n);
    leat_checkpoint_keeper_free(&k);
    return status;
}
