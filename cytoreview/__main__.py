from cytoreview import main

main()
