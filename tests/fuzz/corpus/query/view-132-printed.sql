SELECT `db`.`berth`.`pier`, count(*) AS `n`
FROM `db`.`berth`
GROUP BY 1