/* ASSERTION: several providers, empty ones, braces and semicolons in every style */

provider one {
    probe a();
};

provider two
{
    probe a();
}

provider empty {
};
provider empty_too {}
provider three{probe a();probe b();};provider four {probe a();}
;
provider	tabs	{	probe	a	(	)	;	}	;
provider semicolons { ; probe a();; ; };;
