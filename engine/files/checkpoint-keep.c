/* Which checkpoints of a directory to keep. */
#include "config.h"
#include "checkpoint-private.h"

#include <math.h>
#include <string.h>
#include "bundle-writer-private.h"

/* ---- deleting ---- */

static leat_status remove_suffixed(const char *prefix, const char *suffix)
{
    char *path = leat_asprintf("%s%s", prefix, suffix);
    if (path == NULL)
        return leat_fail_memory(strlen(prefix));
    leat_status status = leat_file_remove(path);
    leat_free(path);
    return status == LEAT_ERR_NOT_FOUND ? LEAT_OK : status;
}

/* Deletes a checkpoint: the index first, so that none is ever there without its data. */
static leat_status delete_checkpoint(const char *prefix)
{
    int shard, shards;
    leat_dir_entry *entries = NULL;
    size_t count = 0;
    LEAT_TRY(remove_suffixed(prefix, ".index"));
    char *dir = leat_path_dir(prefix);
    leat_status status = dir != NULL ? leat_dir_sync(dir) : leat_fail_memory(strlen(prefix));
    if (status == LEAT_OK)
        status = leat_dir_list(dir, &entries, &count);
    for (size_t i = 0; i < count && status == LEAT_OK; i++)
        if (bundle_data_name(entries[i].name, leat_path_base(prefix), &shard, &shards)) {
            char *path = leat_path_join(dir, entries[i].name);
            status = path != NULL ? leat_file_remove(path) : leat_fail_memory(strlen(dir));
            leat_free(path);
        }
    leat_dir_free(entries, count);
    leat_free(dir);
    return status == LEAT_OK ? remove_suffixed(prefix, ".meta") : status;
}

/* ---- keeping ---- */

void leat_checkpoint_keeper_init(leat_checkpoint_keeper *k, size_t max_to_keep, double keep_hours, double now)
{
    double seconds = keep_hours > 0 && isfinite(keep_hours) ? keep_hours * 3600 : 0;
    *k = (leat_checkpoint_keeper){
        .max_to_keep = max_to_keep, .keep_seconds = seconds, .next_keep = now + seconds};
}

void leat_checkpoint_keeper_free(leat_checkpoint_keeper *k)
{
    leat_checkpoint_state_free(&k->state);
}

/* When the checkpoint was written, by its index; negative where it is not there. */
static double index_time(const leat_dir_entry *entries, size_t count, const char *name)
{
    size_t n = strlen(name);
    for (size_t i = 0; i < count; i++)
        if (strncmp(entries[i].name, name, n) == 0 && strcmp(entries[i].name + n, ".index") == 0 &&
            !entries[i].is_dir)
            return entries[i].mtime;
    return -1;
}

static void drop_item(leat_checkpoint_state *s, size_t i)
{
    leat_free(s->items[i].name);
    memmove(&s->items[i], &s->items[i + 1], (s->count - i - 1) * sizeof *s->items);
    s->count--;
}

/* Puts those of `ours` that `s` lacks before its own: they are older, or another writer's state file left them out. */
static leat_status add_missing(leat_checkpoint_state *s, leat_checkpoint_state *ours)
{
    LEAT_TRY(leat_grow(&s->items, &s->capacity, s->count + ours->count + 1, sizeof *s->items));
    for (size_t i = ours->count; i-- > 0;) {
        size_t k = 0;
        while (k < s->count && strcmp(s->items[k].name, ours->items[i].name) != 0)
            k++;
        if (k < s->count)
            continue;
        memmove(&s->items[1], &s->items[0], s->count++ * sizeof *s->items);
        s->items[0] = ours->items[i];
        ours->items[i].name = NULL;
    }
    return LEAT_OK;
}

/* Takes over what another writer has left in the directory, or written meanwhile (we hold the lock now), as far as it is there still.
 * A state file that is missing or damaged is no failure: what we know stays. */
static leat_status take_over(leat_checkpoint_keeper *k, const char *dir)
{
    leat_checkpoint_state state = {0};
    leat_dir_entry *entries = NULL;
    size_t count = 0;
    leat_status status = leat_checkpoint_state_read(&state, dir, LEAT_CHECKPOINT_STATE);
    if (status == LEAT_ERR_NO_MEMORY)
        return status;
    if (status != LEAT_OK && status != LEAT_ERR_NOT_FOUND)
        leat_note(LEAT_LOG_WARNING, "%s", leat_message());
    if (status == LEAT_OK) {
        if (state.preserved > 0 && state.preserved != k->state.preserved)
            k->next_keep = state.preserved + k->keep_seconds;
        status = add_missing(&state, &k->state);
        leat_checkpoint_state_free(status == LEAT_OK ? &k->state : &state);
        LEAT_TRY(status);
        k->state = state;
    }
    if (k->state.count > 0)
        LEAT_TRY(leat_dir_list(dir, &entries, &count));
    for (size_t i = k->state.count; i-- > 0;) {
        leat_checkpoint_item *item = &k->state.items[i];
        double time = index_time(entries, count, item->name);
        if (time < 0)
            drop_item(&k->state, i);
        else if (item->time == 0) /* TensorFlow's Saver writes none, and takes this too */
            item->time = time;
    }
    leat_dir_free(entries, count);
    return LEAT_OK;
}

/* Puts the checkpoint last, once. */
static leat_status append(leat_checkpoint_state *s, const char *name, double now)
{
    char *latest = leat_strdup(name), *copy = leat_strdup(name);
    leat_status status = latest != NULL && copy != NULL
                             ? leat_grow(&s->items, &s->capacity, s->count + 1, sizeof *s->items)
                             : leat_fail_memory(strlen(name));
    if (status != LEAT_OK) {
        leat_free(latest);
        leat_free(copy);
        return status;
    }
    for (size_t i = s->count; i-- > 0;)
        if (strcmp(s->items[i].name, name) == 0)
            drop_item(s, i);
    s->items[s->count++] = (leat_checkpoint_item){copy, now};
    leat_free(s->latest);
    s->latest = latest;
    return LEAT_OK;
}

/* Takes those that are too many out of the list, into `gone`; those that stay for good are in neither. */
static void choose(leat_checkpoint_keeper *k, size_t most, leat_checkpoint_item *gone, size_t *count)
{
    leat_checkpoint_state *s = &k->state;
    *count = 0;
    while (s->count > most) {
        leat_checkpoint_item first = s->items[0];
        memmove(&s->items[0], &s->items[1], --s->count * sizeof *s->items);
        if (k->max_to_keep > 0 && k->keep_seconds > 0 && first.time > k->next_keep) {
            k->next_keep += k->keep_seconds;
            s->preserved = first.time;
            leat_free(first.name);
        } else {
            gone[(*count)++] = first;
        }
    }
}

leat_status leat_checkpoint_keeper_add(leat_checkpoint_keeper *k, const char *prefix, double now)
{
    leat_file lock = LEAT_FILE_CLOSED;
    leat_checkpoint_item *gone = NULL;
    size_t count = 0, most = k->max_to_keep > 0 ? k->max_to_keep : 1;
    char *dir = leat_path_dir(prefix);
    leat_status status =
        dir != NULL ? leat_dir_lock(&lock, dir, LEAT_DIR_LOCK_SECONDS) : leat_fail_memory(strlen(prefix));
    if (status == LEAT_OK)
        status = take_over(k, dir);
    if (status == LEAT_OK)
        status = append(&k->state, leat_path_base(prefix), now);
    if (status == LEAT_OK && (gone = leat_alloc(k->state.count * sizeof *gone)) == NULL)
        status = leat_fail_memory(k->state.count * sizeof *gone);
    if (status == LEAT_OK) {
        choose(k, most, gone, &count);
        status = leat_checkpoint_state_write(&k->state, dir);
    }
    for (size_t i = 0; i < count; i++) {
        /* Where the state file was not replaced it still names them. */
        char *old = status == LEAT_OK && k->max_to_keep > 0 ? leat_path_join(dir, gone[i].name) : NULL;
        if (old != NULL && delete_checkpoint(old) != LEAT_OK)
            leat_note(LEAT_LOG_WARNING, "an old checkpoint is kept: %s", leat_message());
        leat_free(old);
        leat_free(gone[i].name);
    }
    leat_free(gone);
    (void)leat_file_close(&lock);
    leat_free(dir);
    return status;
}
