/* exif.h - the one thing of EXIF that is seen: which way up a picture is. */
#ifndef MEDIA_EXIF_H
#define MEDIA_EXIF_H

#include "core/str.h"

/* 1 to 8 as EXIF says; 1 where it says nothing that makes sense. `block` begins with "Exif" or,
 * like in PNG, with the TIFF header. */
int exif_orientation(struct str block);

#endif
