/* picture.h - a picture from outside becomes one to be served: counted before it is decoded, turned
 * upright, without all that is not picture, with a small one beside it and a tiny one in words.
 *
 * A picture that is fit to be served as it is, stays as it is, byte for byte. */
#ifndef MEDIA_PICTURE_H
#define MEDIA_PICTURE_H

#include "media/clerk.h"

enum { THUMB_PIXELS = 480, PLACEHOLDER_PIXELS = 16 };

enum err picture_look(const struct clerk_order *o, struct clerk_answer *a);

#endif
