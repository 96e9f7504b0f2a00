#include "config.h"
#include "logdir-private.h"

/* A directory still to be listed. */
struct pending {
    char *path, *name; /* name: the run's, "" at the root */
    uint64_t identity[2];
};

struct walk {
    leat_logdir *log;
    /* Directories proper come before those that symbolic links lead to: a link to a run that is listed anyway, such
     * as "latest", makes no second run, and a link to a parent no endless walk. */
    struct pending *dirs[2];
    size_t n[2], capacity[2];
    leat_map visited; /* identities */
    leat_arena identities;
    bool *seen; /* by run */
    size_t seen_capacity;
};

static leat_status push(struct walk *w, bool link, char *path, char *name, const uint64_t identity[2])
{
    leat_status status = path != NULL && name != NULL ? LEAT_OK : leat_fail_memory(0);
    if (status == LEAT_OK)
        status = leat_grow(&w->dirs[link], &w->capacity[link], w->n[link] + 1, sizeof **w->dirs);
    if (status != LEAT_OK) {
        leat_free(path);
        leat_free(name);
        return status;
    }
    w->dirs[link][w->n[link]++] = (struct pending){path, name, {identity[0], identity[1]}};
    return LEAT_OK;
}

/* Notes the directory as visited; *first is false if it was before. */
static leat_status visit(struct walk *w, const uint64_t identity[2], bool *first)
{
    const size_t n = 2 * sizeof *identity;
    *first = leat_map_get(&w->visited, (const char *)identity, n) == NULL;
    if (!*first)
        return LEAT_OK;
    char *key = leat_arena_alloc(&w->identities, n);
    if (key == NULL)
        return leat_fail_memory(n);
    memcpy(key, identity, n);
    return leat_map_put(&w->visited, key, n, key);
}

static bool makes_run(const leat_dir_entry *e)
{
    return e->is_file && strstr(e->name, "tfevents") != NULL;
}

static bool is_event_file(const leat_dir_entry *e)
{
    static const char ignored[] =
        ".profile-empty"; /* holds no events, but makes the run known to TensorBoard */
    size_t n = strlen(e->name), m = sizeof ignored - 1;
    return makes_run(e) && !(n >= m && strcmp(e->name + n - m, ignored) == 0);
}

/* ---- runs ---- */

/* The run of that name, or where it belongs in the order. */
static size_t run_place(const leat_logdir *log, const char *name, bool *found)
{
    size_t low = 0, high = log->n_runs;
    *found = false;
    while (low < high && !*found) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(log->runs[middle]->name, name);
        *found = order == 0;
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static leat_status new_run(struct walk *w, const char *dir, const char *name, size_t place)
{
    leat_logdir *log = w->log;
    LEAT_TRY(leat_grow(&log->runs, &log->runs_capacity, log->n_runs + 1, sizeof *log->runs));
    LEAT_TRY(leat_grow(&w->seen, &w->seen_capacity, log->n_runs + 1, sizeof *w->seen));
    leat_run_state *s = leat_alloc_zero(1, sizeof *s);
    if (s == NULL)
        return leat_fail_memory(sizeof *s);
    s->name = leat_strdup(name);
    s->dir = leat_strdup(dir);
    if (s->name == NULL || s->dir == NULL) {
        leat_run_state_free(s);
        return leat_fail_memory(strlen(dir) + strlen(name));
    }
    s->run.name = s->name;
    memmove(&log->runs[place + 1], &log->runs[place], (log->n_runs - place) * sizeof *log->runs);
    memmove(&w->seen[place + 1], &w->seen[place], (log->n_runs - place) * sizeof *w->seen);
    log->runs[place] = s;
    w->seen[place] = true;
    log->n_runs++;
    return LEAT_OK;
}

static leat_status find_run(struct walk *w, const char *dir, const char *name, leat_run_state **run)
{
    bool found;
    const char *shown = *name != '\0' ? name : ".";
    size_t place = run_place(w->log, shown, &found);
    if (!found)
        LEAT_TRY(new_run(w, dir, shown, place));
    w->seen[place] = true;
    *run = w->log->runs[place];
    return LEAT_OK;
}

/* Are the run's files still there, under the same names, first in the order, and no shorter? */
static bool files_agree(const leat_run_state *s, const leat_dir_entry *entries, size_t n)
{
    size_t i = 0;
    for (size_t e = 0; e < n && i < s->run.n_files; e++) {
        if (!is_event_file(&entries[e]))
            continue;
        const leat_event_file *f = &s->run.files[i++];
        if (strcmp(leat_path_base(f->path), entries[e].name) != 0 || f->device != entries[e].device ||
            f->inode != entries[e].inode || entries[e].size < f->size)
            return false;
    }
    return i == s->run.n_files;
}

static void drop_files(leat_run_state *s)
{
    for (size_t i = 0; i < s->run.n_files; i++)
        leat_free(s->run.files[i].path);
    s->run.n_files = 0;
}

static leat_status add_file(leat_run_state *s, const char *dir, const leat_dir_entry *e)
{
    LEAT_TRY(leat_grow(&s->run.files, &s->files_capacity, s->run.n_files + 1, sizeof *s->run.files));
    char *path = leat_path_join(dir, e->name);
    if (path == NULL)
        return leat_fail_memory(strlen(dir));
    s->run.files[s->run.n_files++] = (leat_event_file){.path = path, .device = e->device, .inode = e->inode};
    return LEAT_OK;
}

static leat_status update_run(struct walk *w, const char *dir, const char *name,
                              const leat_dir_entry *entries, size_t n)
{
    bool is_run = false;
    for (size_t i = 0; i < n && !is_run; i++)
        is_run = makes_run(&entries[i]);
    if (!is_run)
        return LEAT_OK;
    leat_run_state *s;
    LEAT_TRY(find_run(w, dir, name, &s));
    if (!files_agree(s, entries, n)) {
        leat_run_state_reset(s);
        drop_files(s);
    }
    size_t known = s->run.n_files;
    for (size_t i = 0; i < n; i++) {
        if (!is_event_file(&entries[i]))
            continue;
        if (known > 0)
            known--;
        else
            LEAT_TRY(add_file(s, dir, &entries[i]));
    }
    return LEAT_OK;
}

/* ---- the walk ---- */

static leat_status push_subdirs(struct walk *w, const struct pending *p, const leat_dir_entry *entries,
                                size_t n)
{
    for (size_t i = n; i-- > 0;) {
        const leat_dir_entry *e = &entries[i];
        if (!e->is_dir)
            continue;
        const uint64_t identity[2] = {e->device, e->inode};
        char *name = *p->name != '\0' ? leat_path_join(p->name, e->name) : leat_strdup(e->name);
        LEAT_TRY(push(w, e->is_link, leat_path_join(p->path, e->name), name, identity));
    }
    return LEAT_OK;
}

static leat_status list_dir(struct walk *w, const struct pending *p)
{
    leat_dir_entry *entries;
    size_t n;
    bool first;
    LEAT_TRY(visit(w, p->identity, &first));
    if (!first)
        return LEAT_OK;
    leat_status status = leat_dir_list(p->path, &entries, &n);
    if (status == LEAT_ERR_NO_MEMORY || (status != LEAT_OK && *p->name == '\0'))
        return status;
    if (status != LEAT_OK) {
        /* One that may not be read, or has just gone, does not keep the others from being shown. */
        leat_note(LEAT_LOG_WARNING, "%s; skipped", leat_message());
        return LEAT_OK;
    }
    status = update_run(w, p->path, p->name, entries, n);
    if (status == LEAT_OK)
        status = push_subdirs(w, p, entries, n);
    leat_dir_free(entries, n);
    return status;
}

static leat_status walk_dirs(struct walk *w)
{
    uint64_t identity[2] = {0};
    leat_path_identity(w->log->path, identity);
    LEAT_TRY(push(w, false, leat_strdup(w->log->path), leat_strdup(""), identity));
    while (w->n[0] + w->n[1] > 0) {
        bool link = w->n[0] == 0;
        struct pending p = w->dirs[link][--w->n[link]];
        leat_status status = list_dir(w, &p);
        leat_free(p.path);
        leat_free(p.name);
        if (status != LEAT_OK)
            return status;
    }
    return LEAT_OK;
}

/* A single event file, as a run "." of its own. */
static leat_status take_file(struct walk *w)
{
    leat_dir_entry e = {.name = w->log->path, .is_file = true};
    leat_file f;
    leat_run_state *s;
    LEAT_TRY(leat_file_open(&f, w->log->path));
    e.size = f.size;
    e.device = f.device;
    e.inode = f.inode;
    leat_file_close(&f);
    LEAT_TRY(find_run(w, "", "", &s));
    if (s->run.n_files == 1 && s->run.files[0].inode == e.inode && s->run.files[0].device == e.device &&
        e.size >= s->run.files[0].size)
        return LEAT_OK;
    leat_run_state_reset(s);
    drop_files(s);
    return add_file(s, "", &e);
}

static void remove_unseen(struct walk *w)
{
    leat_logdir *log = w->log;
    size_t kept = 0;
    for (size_t i = 0; i < log->n_runs; i++) {
        if (w->seen[i])
            log->runs[kept++] = log->runs[i];
        else
            leat_run_state_free(log->runs[i]);
    }
    log->n_runs = kept;
}

leat_status leat_logdir_discover(leat_logdir *log)
{
    struct walk w = {.log = log};
    leat_status status = leat_grow(&w.seen, &w.seen_capacity, log->n_runs + 1, sizeof *w.seen);
    if (status == LEAT_OK) {
        memset(w.seen, 0, w.seen_capacity * sizeof *w.seen);
        status = log->is_file ? take_file(&w) : walk_dirs(&w);
    }
    if (status == LEAT_OK)
        remove_unseen(&w);
    for (size_t link = 0; link < 2; link++) {
        for (size_t i = 0; i < w.n[link]; i++) {
            leat_free(w.dirs[link][i].path);
            leat_free(w.dirs[link][i].name);
        }
        leat_free(w.dirs[link]);
    }
    leat_map_free(&w.visited);
    leat_arena_free(&w.identities);
    leat_free(w.seen);
    return status;
}
