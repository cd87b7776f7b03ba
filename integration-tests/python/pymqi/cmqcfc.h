/* What pymqi's C asks of this header of MQ's, for a build without MQ installed. Numbers are those of libmqm-sys. */

#ifndef MQGATE_CMQCFC_H
#define MQGATE_CMQCFC_H

#define MQRCCF_COMMAND_FAILED 3008

#endif
