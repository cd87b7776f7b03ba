/* An MQ client library that does nothing but answer, and note which calls were made. COMMIT_… and BACKOUT_… are what MQCMIT and
   MQBACK answer; LOG is the file that takes the notes. */
#include <stdio.h>

typedef int MQLONG;

static void note(const char *call) {
    FILE *log = fopen(LOG, "a");
    fprintf(log, "%s\n", call);
    fclose(log);
}

#define ANSWER(call, completion, reason) note(call), *pCompCode = (completion), *pReason = (reason)

void MQCONNX(char *name, void *options, MQLONG *handle, MQLONG *pCompCode, MQLONG *pReason) {
    *handle = 77;
    ANSWER("MQCONNX", 0, 0);
}
void MQDISC(MQLONG *handle, MQLONG *pCompCode, MQLONG *pReason) { ANSWER("MQDISC", 0, 0); }
void MQOPEN(MQLONG h, void *od, MQLONG options, MQLONG *object, MQLONG *pCompCode, MQLONG *pReason) {
    *object = 7;
    ANSWER("MQOPEN", 0, 0);
}
void MQGET(MQLONG h, MQLONG o, void *md, void *gmo, MQLONG length, void *buffer, MQLONG *data, MQLONG *pCompCode,
           MQLONG *pReason) {
    *data = 0;
    ANSWER("MQGET", 0, 0);
}
void MQPUT(MQLONG h, MQLONG o, void *md, void *pmo, MQLONG length, void *buffer, MQLONG *pCompCode, MQLONG *pReason) {
    ANSWER("MQPUT", 0, 0);
}
void MQPUT1(MQLONG h, void *od, void *md, void *pmo, MQLONG length, void *buffer, MQLONG *pCompCode, MQLONG *pReason) {
    ANSWER("MQPUT1", 0, 0);
}
void MQCMIT(MQLONG h, MQLONG *pCompCode, MQLONG *pReason) { ANSWER("MQCMIT", COMMIT_COMPLETION, COMMIT_REASON); }
void MQBACK(MQLONG h, MQLONG *pCompCode, MQLONG *pReason) { ANSWER("MQBACK", BACKOUT_COMPLETION, BACKOUT_REASON); }
void MQINQ(MQLONG h, MQLONG o, MQLONG n, MQLONG *s, MQLONG ni, MQLONG *i, MQLONG nc, char *c, MQLONG *pCompCode,
           MQLONG *pReason) {
    ANSWER("MQINQ", 0, 0);
}
void MQCRTMH(MQLONG h, void *options, long long *message, MQLONG *pCompCode, MQLONG *pReason) {
    *message = 5;
    *pCompCode = 0;
    *pReason = 0;
}
void MQDLTMH(MQLONG h, long long *message, void *options, MQLONG *pCompCode, MQLONG *pReason) {
    *pCompCode = 0;
    *pReason = 0;
}
void MQSETMP(MQLONG h, long long m, void *o, void *n, void *d, MQLONG t, MQLONG l, void *v, MQLONG *pCompCode,
             MQLONG *pReason) {
    *pCompCode = 0;
    *pReason = 0;
}
/* MQRC_PROPERTY_NOT_AVAILABLE */
void MQINQMP(MQLONG h, long long m, void *o, void *n, void *d, MQLONG *t, MQLONG l, void *v, MQLONG *data,
             MQLONG *pCompCode, MQLONG *pReason) {
    *pCompCode = 2;
    *pReason = 2471;
}
