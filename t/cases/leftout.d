/* Sites that somebody else's uprobe, or their own notes, keep from being traced: see leftout.c. */
provider leftout {
    probe alone(int n);
    probe shared(int n);
    probe first(int n);
    probe second(int n);
    probe inside(int n);
    probe order__start(int n);
    probe readonly(int n);
    probe unmoved(int n);
};
