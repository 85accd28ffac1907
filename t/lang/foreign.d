/*
 * ASSERTION: the styles of other projects' files: unnamed arguments, #define'd types, attributes at the end
 */

/*
 * Types.
 */
#define LocalTransactionId unsigned int
#define LWLockMode int
#define bool unsigned char

provider database {

	probe transaction__start(LocalTransactionId);
	probe lwlock__acquire(const char *, int, LWLockMode);
	probe query__plan__start();
	probe sort__done(bool, long);
	probe wal__buffer__write__dirty__done();
};

#pragma D attributes Evolving/Evolving/Common provider database provider
#pragma D attributes Private/Private/Unknown provider database module
#pragma D attributes Private/Private/Unknown provider database function
#pragma D attributes Evolving/Evolving/Common provider database name
#pragma D attributes Evolving/Evolving/Common provider database args

provider vm {
   probe class__loaded(char* class_name, uintptr_t class_name_len, uintptr_t loader_id, bool is_shared);
   probe GetEnv__entry(void*, void*, jint);
   probe monitor__wait(uintptr_t tid, uintptr_t id, char* name, int len, uintptr_t timeout);
   probe file__done(char *, int, int); /* name, success?, errno */
};

provider node {
	probe http__request(node_dtrace_http_request_t *h, node_dtrace_connection_t *c, const char *a, int p, const char *m, const char *u,
	    int fd) : (node_http_request_t *h, node_connection_t *c, string a, int p, string m, string u, int fd);
	probe gc__start(int t, int f, void *isolate);
};
