/* Constants of curate.text.scripts. */

#define SCRIPTS_LATIN 1
