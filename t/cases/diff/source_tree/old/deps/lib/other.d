this is no definition
