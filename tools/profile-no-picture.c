/* profile-no-picture.c - in place of profile-picture.c where Leat is built without drawing. */
#include "config.h"
#include "base/base-private.h"
#include "tools/profile-private.h"

leat_status leat_profile_check_picture(const char *path)
{
    return leat_fail(LEAT_ERR_UNIMPLEMENTED,
                     "%s: this leat was built without pictures; .json is what it can write", path);
}

leat_status leat_profile_draw(const leat_profile *p, const char *path, const leat_profile_look *look)
{
    (void)p;
    (void)look;
    return leat_profile_check_picture(path);
}
