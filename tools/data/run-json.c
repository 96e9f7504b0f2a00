/* run-json.c - train.json through jansson. */
#include "config.h"
#include "tools/data/run-info-private.h"
#include "tools/data/dataset-private.h"
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { FORMAT = 1, FILE_LIMIT = 64 << 20 };

/* jansson's memory is ours while we use it, so that its allocations can be made to fail too. Its parser does not say
 * that memory was short: errno does. */
static void *json_alloc(size_t bytes)
{
    void *memory = leat_alloc(bytes);
    if (memory == NULL)
        errno = ENOMEM;
    return memory;
}

struct json_memory {
    json_malloc_t alloc;
    json_free_t free;
};

static struct json_memory json_memory_take(void)
{
    struct json_memory old;
    json_get_alloc_funcs(&old.alloc, &old.free);
    json_set_alloc_funcs(json_alloc, leat_free);
    errno = 0;
    return old;
}

static void json_memory_give_back(struct json_memory old)
{
    json_set_alloc_funcs(old.alloc, old.free);
}

/* ---- writing: a failed allocation makes a NULL that jansson passes on, and is found once, at the end ---- */

/* Text that may not be UTF-8, or hold what drives a terminal, such as a path. */
static json_t *escaped(const char *text)
{
    leat_buf b = {0};
    leat_buf_put_escaped(&b, text, strlen(text));
    json_t *j = b.failed ? NULL : json_string(b.data != NULL ? b.data : "");
    leat_buf_free(&b);
    return j;
}

static int put(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value); /* fails for a NULL value */
}

static json_t *names_json(const leat_categories *c)
{
    json_t *list = json_array();
    int bad = 0;
    for (size_t i = 0; i < c->n; i++)
        bad |= json_array_append_new(list, json_string(c->names[i]));
    if (bad == 0)
        return list;
    json_decref(list);
    return NULL;
}

static json_t *column_json(const leat_column *c)
{
    json_t *o = json_object();
    int bad = put(o, "name", json_string(c->name));
    bad |= put(o, "kind", json_string(c->categorical ? "categorical" : "numeric"));
    if (c->categorical) {
        bad |= put(o, "categories", names_json(&c->categories));
        bad |= put(o, "missing_category", json_boolean(c->missing_category));
    } else {
        bad |= put(o, "mean", json_real(c->mean));
        bad |= put(o, "deviation", json_real(c->deviation));
    }
    if (bad == 0)
        return o;
    json_decref(o);
    return NULL;
}

static json_t *data_json(const leat_run_data *d)
{
    char crc[16];
    snprintf(crc, sizeof crc, "%08x", (unsigned)d->fingerprint.crc32c);
    json_t *o = json_object();
    int bad = put(o, "path", escaped(d->path));
    bad |= put(o, "bytes", json_integer((json_int_t)d->fingerprint.size));
    bad |= put(o, "crc32c", json_string(crc));
    bad |= put(o, "rows", json_integer((json_int_t)d->fingerprint.rows));
    bad |= put(o, "training_rows", json_integer((json_int_t)d->training_rows));
    bad |= put(o, "validation_rows", json_integer((json_int_t)d->validation_rows));
    bad |= put(o, "rows_left_out", json_integer((json_int_t)d->rows_left_out));
    if (bad == 0)
        return o;
    json_decref(o);
    return NULL;
}

static int put_flags(json_t *root, const leat_run_info *r)
{
    json_t *flags = json_object();
    int bad = 0;
    for (size_t i = 0; i < r->n_flags; i++)
        bad |= put(flags, r->flags[i].name, escaped(r->flags[i].value));
    return put(root, "flags", flags) | bad;
}

static json_t *info_json(const leat_run_info *r)
{
    const leat_schema *s = &r->schema;
    json_t *root = json_object(), *columns = json_array();
    int bad = put(root, "format", json_integer(FORMAT));
    bad |= put(root, "program", json_string("leat " PACKAGE_VERSION));
    bad |= put_flags(root, r);
    bad |= put(root, "data", data_json(&r->data));
    if (r->test.path != NULL)
        bad |= put(root, "test", data_json(&r->test));
    bad |= put(root, "standardize", json_boolean(s->standardize));
    bad |= put(root, "target", json_string(s->target));
    if (s->classes)
        bad |= put(root, "classes", names_json(&s->class_names));
    for (size_t i = 0; i < s->n_columns; i++)
        bad |= json_array_append_new(columns, column_json(&s->columns[i]));
    bad |= put(root, "columns", columns);
    if (bad == 0)
        return root;
    json_decref(root);
    return NULL;
}

static int append(const char *bytes, size_t n, void *user)
{
    leat_buf_append(user, bytes, n);
    return ((leat_buf *)user)->failed ? -1 : 0;
}

leat_status leat_run_info_write(const leat_run_info *r, const char *path)
{
    struct json_memory old = json_memory_take();
    leat_buf text = {0};
    json_t *root = info_json(r);
    leat_status st = LEAT_OK;
    if (root == NULL || json_dump_callback(root, append, &text, JSON_INDENT(1)) != 0)
        st = leat_fail_memory(4096);
    json_decref(root);
    json_memory_give_back(old);
    leat_buf_putc(&text, '\n');
    if (st == LEAT_OK)
        st = leat_buf_status(&text);
    if (st == LEAT_OK)
        st = leat_file_replace(path, text.data, text.size, true);
    leat_buf_free(&text);
    return st;
}

/* ---- reading ---- */

static leat_status wrong(const char *key, const char *what)
{
    return leat_fail(LEAT_ERR_DATA_LOSS, "key '%s': %s", key, what);
}

static leat_status get_text(const json_t *o, const char *key, char **to)
{
    const char *text = json_string_value(json_object_get(o, key));
    if (text == NULL)
        return wrong(key, "a string is missing");
    *to = leat_strdup(text);
    return *to != NULL ? LEAT_OK : leat_fail_memory(strlen(text));
}

static leat_status get_count(const json_t *o, const char *key, uint64_t *to)
{
    const json_t *j = json_object_get(o, key);
    if (!json_is_integer(j) || json_integer_value(j) < 0)
        return wrong(key, "a number of 0 or more is missing");
    *to = (uint64_t)json_integer_value(j);
    return LEAT_OK;
}

static leat_status get_real(const json_t *o, const char *key, double *to)
{
    const json_t *j = json_object_get(o, key);
    if (!json_is_number(j))
        return wrong(key, "a number is missing");
    *to = json_number_value(j);
    return LEAT_OK;
}

static leat_status get_bool(const json_t *o, const char *key, bool *to)
{
    const json_t *j = json_object_get(o, key);
    if (!json_is_boolean(j))
        return wrong(key, "true or false is missing");
    *to = json_is_true(j);
    return LEAT_OK;
}

static leat_status get_names(const json_t *o, const char *key, leat_categories *to)
{
    const json_t *list = json_object_get(o, key);
    if (!json_is_array(list) || json_array_size(list) > LEAT_MAX_CATEGORIES)
        return wrong(key, "a list of at most 1,000 strings is missing");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        if (name == NULL || leat_categories_find(to, name, strlen(name)) < to->n)
            return wrong(key, "an entry is no string, or there twice");
        LEAT_TRY(leat_categories_add(to, name, strlen(name)));
    }
    return LEAT_OK;
}

static leat_status get_column(const json_t *o, leat_column *c)
{
    LEAT_TRY(get_text(o, "name", &c->name));
    const char *kind = json_string_value(json_object_get(o, "kind"));
    if (kind == NULL || (strcmp(kind, "numeric") != 0 && strcmp(kind, "categorical") != 0))
        return wrong("kind", "is neither numeric nor categorical");
    c->categorical = *kind == 'c';
    if (c->categorical) {
        LEAT_TRY(get_names(o, "categories", &c->categories));
        return get_bool(o, "missing_category", &c->missing_category);
    }
    LEAT_TRY(get_real(o, "mean", &c->mean));
    LEAT_TRY(get_real(o, "deviation", &c->deviation));
    return isfinite(c->mean) && isfinite(c->deviation) && c->deviation >= 0
               ? LEAT_OK
               : wrong("deviation", "is no deviation");
}

static leat_status get_schema(const json_t *root, leat_schema *s)
{
    const json_t *columns = json_object_get(root, "columns");
    LEAT_TRY(get_bool(root, "standardize", &s->standardize));
    LEAT_TRY(get_text(root, "target", &s->target));
    s->classes = json_object_get(root, "classes") != NULL;
    if (s->classes)
        LEAT_TRY(get_names(root, "classes", &s->class_names));
    if (!json_is_array(columns) || json_array_size(columns) == 0)
        return wrong("columns", "a list is missing");
    s->columns = leat_alloc_zero(json_array_size(columns), sizeof *s->columns);
    if (s->columns == NULL)
        return leat_fail_memory(json_array_size(columns) * sizeof *s->columns);
    for (size_t i = 0; i < json_array_size(columns); i++) {
        s->n_columns = i + 1;
        leat_status st = get_column(json_array_get(columns, i), &s->columns[i]);
        if (st != LEAT_OK)
            return leat_fail_context(st, "column %zu", i + 1);
    }
    return leat_schema_lay_out(s, "columns");
}

static leat_status get_data(const json_t *o, leat_run_data *d)
{
    LEAT_TRY(get_text(o, "path", &d->path));
    LEAT_TRY(get_count(o, "bytes", &d->fingerprint.size));
    LEAT_TRY(get_count(o, "rows", &d->fingerprint.rows));
    LEAT_TRY(get_count(o, "training_rows", &d->training_rows));
    LEAT_TRY(get_count(o, "validation_rows", &d->validation_rows));
    LEAT_TRY(get_count(o, "rows_left_out", &d->rows_left_out));
    const char *crc = json_string_value(json_object_get(o, "crc32c"));
    unsigned value;
    if (crc == NULL || strlen(crc) != 8 || strspn(crc, "0123456789abcdef") != 8 ||
        sscanf(crc, "%8x", &value) != 1)
        return wrong("crc32c", "8 hexadecimal digits are missing");
    d->fingerprint.crc32c = value;
    return LEAT_OK;
}

static leat_status get_info(json_t *root, leat_run_info *r)
{
    uint64_t format;
    LEAT_TRY(get_count(root, "format", &format));
    if (format != FORMAT)
        return leat_fail(LEAT_ERR_UNIMPLEMENTED, "format %llu is not known to this version",
                         (unsigned long long)format);
    json_t *flags = json_object_get(root, "flags"), *value;
    const char *name;
    if (!json_is_object(flags))
        return wrong("flags", "an object is missing");
    json_object_foreach(flags, name, value)
    {
        if (!json_is_string(value))
            return wrong(name, "a flag is no string");
        LEAT_TRY(leat_run_info_add(r, name, json_string_value(value)));
    }
    LEAT_TRY(get_data(json_object_get(root, "data"), &r->data));
    if (json_object_get(root, "test") != NULL)
        LEAT_TRY(get_data(json_object_get(root, "test"), &r->test));
    return get_schema(root, &r->schema);
}

static leat_status parse(leat_run_info *r, const leat_buf *text)
{
    json_error_t error;
    struct json_memory old = json_memory_take();
    json_t *root =
        json_loadb(text->data != NULL ? text->data : "", text->size, JSON_REJECT_DUPLICATES, &error);
    leat_status st;
    if (root != NULL)
        st = get_info(root, r);
    else if (errno == ENOMEM)
        st = leat_fail_memory(text->size);
    else
        st = leat_fail(LEAT_ERR_DATA_LOSS, "%d:%d: %s", error.line, error.column, error.text);
    json_decref(root);
    json_memory_give_back(old);
    return st;
}

leat_status leat_run_info_read(leat_run_info *r, const char *path)
{
    leat_buf text = {0};
    *r = (leat_run_info){0};
    leat_status st = leat_file_read_all(path, FILE_LIMIT, &text);
    if (st == LEAT_OK)
        st = leat_fail_context(parse(r, &text), "%s", path);
    leat_buf_free(&text);
    if (st != LEAT_OK)
        leat_run_info_free(r);
    return st;
}
