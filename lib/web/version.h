/* version.h - the version of all of it. */
#ifndef WEB_VERSION_H
#define WEB_VERSION_H

#define BELLHOP_VERSION "0.1.0"

#endif
