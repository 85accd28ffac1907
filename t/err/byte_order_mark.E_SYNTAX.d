provider app {
	probe a(int x int y);
};
provider app2 { probe b(int x int y) };