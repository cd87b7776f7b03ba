/*
 * What pymqi's C asks of this header of MQ's, for a build without MQ installed. Only its function mqaiExecute uses bags, and its
 * Python no longer calls that: the names must be there so that the module loads. Numbers are those of libmqm-sys.
 */

#ifndef MQGATE_CMQBC_H
#define MQGATE_CMQBC_H

#define MQHB_UNUSABLE_HBAG (-1)
#define MQHB_NONE (-2)
#define MQCBO_ADMIN_BAG 1
#define MQBL_NULL_TERMINATED (-1)
#define MQHA_BAG_HANDLE 4001
#define MQIASY_COMP_CODE (-6)
#define MQIASY_REASON (-7)
#define MQIND_NONE (-1)
#define MQSEL_ANY_USER_SELECTOR (-30002)
#define MQSEL_ALL_USER_SELECTORS (-30002)
#define MQIT_INTEGER 1
#define MQIT_STRING 2
#define MQITEM_BYTE_STRING 4

typedef MQLONG MQHBAG;

void mqCreateBag(MQLONG options, MQHBAG *bag, MQLONG *completion, MQLONG *reason);
void mqDeleteBag(MQHBAG *bag, MQLONG *completion, MQLONG *reason);
void mqAddInquiry(MQHBAG bag, MQLONG selector, MQLONG *completion, MQLONG *reason);
void mqAddInteger(MQHBAG bag, MQLONG selector, MQLONG value, MQLONG *completion, MQLONG *reason);
void mqAddIntegerFilter(MQHBAG bag, MQLONG selector, MQLONG value, MQLONG relation, MQLONG *completion, MQLONG *reason);
void mqAddString(MQHBAG bag, MQLONG selector, MQLONG length, void *text, MQLONG *completion, MQLONG *reason);
void mqAddStringFilter(MQHBAG bag, MQLONG selector, MQLONG length, void *text, MQLONG relation, MQLONG *completion, MQLONG *reason);
void mqAddByteString(MQHBAG bag, MQLONG selector, MQLONG length, void *bytes, MQLONG *completion, MQLONG *reason);
void mqCountItems(MQHBAG bag, MQLONG selector, MQLONG *count, MQLONG *completion, MQLONG *reason);
void mqInquireBag(MQHBAG bag, MQLONG selector, MQLONG index, MQHBAG *value, MQLONG *completion, MQLONG *reason);
void mqInquireInteger(MQHBAG bag, MQLONG selector, MQLONG index, MQLONG *value, MQLONG *completion, MQLONG *reason);
void mqInquireItemInfo(MQHBAG bag, MQLONG selector, MQLONG index, MQLONG *found, MQLONG *kind, MQLONG *completion, MQLONG *reason);
void mqInquireString(MQHBAG bag, MQLONG selector, MQLONG index, MQLONG room, void *text, MQLONG *length, MQLONG *ccsid,
                     MQLONG *completion, MQLONG *reason);
void mqInquireByteString(MQHBAG bag, MQLONG selector, MQLONG index, MQLONG room, void *bytes, MQLONG *length, MQLONG *completion,
                         MQLONG *reason);
void mqExecute(MQHCONN connection, MQLONG command, MQHBAG options, MQHBAG asked, MQHBAG answered, MQHOBJ commands, MQHOBJ answers,
               MQLONG *completion, MQLONG *reason);

#endif
