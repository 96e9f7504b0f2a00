#include "config.h"
#include "commit-private.h"

#include <unistd.h>

leat_status leat_commit_begin(leat_commit *c, const char *path, const char *infix, bool stream)
{
    *c = (leat_commit){.file = LEAT_FILE_CLOSED};
    c->path = leat_strdup(path);
    if (c->path == NULL)
        return leat_fail_memory(0);
    switch (leat_path_kind_of(path)) {
    case LEAT_PATH_DIR: return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: is a directory", path);
    case LEAT_PATH_OTHER:
        if (stream)
            return leat_file_create(&c->file, path, false);
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%s: not a regular file", path);
    default: break;
    }
    for (unsigned n = 0;; n++) {
        c->temporary = leat_asprintf("%s%s%ld-%u", path, infix, (long)getpid(), n);
        if (c->temporary == NULL)
            return leat_fail_memory(0);
        leat_status status = leat_file_create(&c->file, c->temporary, true);
        c->created = status == LEAT_OK;
        if (status != LEAT_ERR_ALREADY_EXISTS)
            return status;
        leat_free(c->temporary);
        c->temporary = NULL;
    }
}

leat_status leat_commit_flush(leat_commit *c)
{
    leat_status status = c->temporary != NULL ? leat_file_sync(&c->file) : LEAT_OK;
    leat_status closed = leat_file_close(&c->file);
    return status != LEAT_OK ? status : closed;
}

leat_status leat_commit_end(leat_commit *c, leat_status status, bool durable)
{
    if (c->file.fd >= 0 && status == LEAT_OK) {
        if (durable)
            status = leat_commit_flush(c);
        else
            status = leat_file_close(&c->file);
    } else if (c->file.fd >= 0) {
        (void)leat_file_close(&c->file); /* the first failure is the one to report */
    }
    if (c->created && status == LEAT_OK) {
        status = leat_file_rename(c->temporary, c->path);
        if (status == LEAT_OK) {
            c->created = false;
            if (durable)
                status = leat_dir_sync_parent(c->path);
        }
    }
    if (c->created)
        (void)leat_file_remove(c->temporary);
    leat_free(c->temporary);
    leat_free(c->path);
    *c = (leat_commit){.file = LEAT_FILE_CLOSED};
    return status;
}

void leat_commit_abandon(leat_commit *c)
{
    leat_status status = leat_commit_end(c, LEAT_ERR_CANCELLED, false);
    (void)status;
}
