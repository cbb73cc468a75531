CREATE EXTERNAL TABLE `ext_cust` (
  `id` int(11) NULL COMMENT "",
  `n` varchar(20) NULL COMMENT ""
) ENGINE=MYSQL 
PROPERTIES (
"host" = "127.0.0.1",
"port" = "3306",
"user" = "u",
"password" = "",
"database" = "d",
"table" = "t"
);