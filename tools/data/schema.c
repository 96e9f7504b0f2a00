/* schema.c - the columns that become features. */
#include "tools/data/dataset-private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FEATURES = 1 << 17 };

/* The map holds the index plus one: no value is NULL. */
size_t leat_categories_find(const leat_categories *c, const char *text, size_t size)
{
    void *found = leat_map_get(&c->index, text, size);
    return found != NULL ? (size_t)(uintptr_t)found - 1 : c->n;
}

leat_status leat_categories_add(leat_categories *c, const char *text, size_t size)
{
    char **names = leat_realloc_array(c->names, c->n + 1, sizeof *names);
    if (names == NULL)
        return leat_fail_memory(sizeof *names * (c->n + 1));
    c->names = names;
    char *name = leat_strndup(text, size);
    if (name == NULL)
        return leat_fail_memory(size);
    leat_status st = leat_map_put(&c->index, name, size, (void *)(uintptr_t)(c->n + 1));
    if (st != LEAT_OK) {
        leat_free(name);
        return st;
    }
    c->names[c->n++] = name;
    return LEAT_OK;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int by_value(const void *a, const void *b)
{
    double x = 0, y = 0;
    (void)leat_parse_f64(*(char *const *)a, &x);
    (void)leat_parse_f64(*(char *const *)b, &y);
    return x < y ? -1 : x > y ? 1 : by_bytes(a, b); /* "1" and "1.0" are two names */
}

leat_status leat_categories_sort(leat_categories *c)
{
    bool numbers = true;
    double value;
    for (size_t i = 0; i < c->n; i++)
        numbers = numbers && leat_parse_f64(c->names[i], &value) && !isnan(value);
    if (c->n > 0)
        qsort(c->names, c->n, sizeof *c->names, numbers ? by_value : by_bytes);
    leat_map_free(&c->index);
    for (size_t i = 0; i < c->n; i++)
        LEAT_TRY(leat_map_put(&c->index, c->names[i], strlen(c->names[i]), (void *)(uintptr_t)(i + 1)));
    return LEAT_OK;
}

void leat_categories_free(leat_categories *c)
{
    leat_map_free(&c->index);
    for (size_t i = 0; i < c->n; i++)
        leat_free(c->names[i]);
    leat_free(c->names);
    *c = (leat_categories){0};
}

leat_status leat_schema_lay_out(leat_schema *s, const char *path)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n_columns; i++) {
        leat_column *c = &s->columns[i];
        c->first_feature = n;
        c->n_features = c->categorical ? c->categories.n + c->missing_category : 1;
        n += c->n_features;
        if (n > MAX_FEATURES)
            return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: the columns make more than %d features", path,
                             MAX_FEATURES);
    }
    s->n_features = n;
    return LEAT_OK;
}

void leat_schema_free(leat_schema *s)
{
    for (size_t i = 0; i < s->n_columns; i++) {
        leat_free(s->columns[i].name);
        leat_categories_free(&s->columns[i].categories);
    }
    leat_free(s->columns);
    leat_free(s->target);
    leat_categories_free(&s->class_names);
    *s = (leat_schema){0};
}

static leat_status copy_categories(leat_categories *to, const leat_categories *from)
{
    for (size_t i = 0; i < from->n; i++)
        LEAT_TRY(leat_categories_add(to, from->names[i], strlen(from->names[i])));
    return LEAT_OK;
}

static leat_status copy_columns(leat_schema *to, const leat_schema *from)
{
    for (size_t i = 0; i < from->n_columns; i++) {
        const leat_column *c = &from->columns[i];
        leat_column *copy = &to->columns[i];
        *copy = *c;
        copy->categories = (leat_categories){0};
        copy->name = leat_strdup(c->name);
        to->n_columns = i + 1;
        if (copy->name == NULL)
            return leat_fail_memory(strlen(c->name));
        LEAT_TRY(copy_categories(&copy->categories, &c->categories));
    }
    return LEAT_OK;
}

leat_status leat_schema_copy(leat_schema *to, const leat_schema *from)
{
    *to = *from;
    to->n_columns = 0;
    to->class_names = (leat_categories){0};
    to->columns = leat_alloc_zero(from->n_columns, sizeof *to->columns);
    to->target = leat_strdup(from->target);
    leat_status st = to->columns != NULL && to->target != NULL ? copy_columns(to, from)
                                                               : leat_fail_memory(sizeof *to->columns);
    if (st == LEAT_OK)
        st = copy_categories(&to->class_names, &from->class_names);
    if (st != LEAT_OK)
        leat_schema_free(to);
    return st;
}

char *leat_schema_feature_name(const leat_schema *s, size_t feature, char *buf, size_t size)
{
    const leat_column *c = s->columns;
    while (feature >= c->first_feature + c->n_features)
        c++;
    size_t i = feature - c->first_feature;
    if (!c->categorical)
        snprintf(buf, size, "%s", c->name);
    else if (i < c->categories.n)
        snprintf(buf, size, "%s=%s", c->name, c->categories.names[i]);
    else
        snprintf(buf, size, "%s (missing)", c->name);
    return buf;
}
