SELECT `db`.`b`.`pier` AS `p`, avg(`db`.`b`.`depth`) AS `k`
FROM `db`.`berth` AS `b`
GROUP BY `p`
HAVING (count(*)) > 1